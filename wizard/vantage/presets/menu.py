"""Menus of places: loaded when opened; each choice leads to another menu or to a preset."""

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wizard.text.display import safe
from wizard.text.errors import UsageError, VantageError
from wizard.text.messages import tr
from wizard.vantage import failures
from wizard.vantage.process import CommandResult, run_command

_PROGRAMS_WITH_LOGS = frozenset({"kubectl", "oc", "docker", "podman"})
_EXEC_OPTIONS = frozenset({"--", "-i", "-t", "-it", "-ti", "--stdin", "--tty", "--interactive"})


@dataclass(frozen=True, slots=True)
class Preset:
    """A chosen place: a proposal for the vantage's name, and its command prefix."""

    name: str
    prefix: tuple[str, ...]

    @property
    def logs(self) -> tuple[str, ...]:
        """The local command that follows the container's log; empty if it is no container."""
        program, words = os.path.basename(self.prefix[0]), self.prefix
        if program not in _PROGRAMS_WITH_LOGS or "exec" not in words:
            return ()
        at = words.index("exec")
        target = [word for word in words[at + 1 :] if word not in _EXEC_OPTIONS]
        return (*words[:at], "logs", "--follow", "--since=10m", *target)


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of a menu: a name and a note, both untrusted, and the menu or preset that follows."""

    text: str
    note: str
    next: "MenuOrPreset"


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a menu, and why some or all are missing, in one sentence; empty otherwise."""

    choices: tuple[Choice, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A list to choose from.

    Attributes:
        title: What is chosen, in a few words.
        load: Lists the rows, in bounded time; never raises.
        parse: Returns the menu or preset of a typed name that is in no row. Raises `UsageError`.
            None if nothing can be typed.
        hint: What can be typed, in a few words.
    """

    title: str
    load: Callable[[], Awaitable[Listing]]
    parse: "Callable[[str], MenuOrPreset] | None" = None
    hint: str = tr("a name that is not listed")


MenuOrPreset: TypeAlias = Menu | Preset

LIST_TIMEOUT_S = 8.0
"""How long a list may take, in seconds. A cluster with a slow login needs several."""
MAX_LIST_BYTES = 1 << 20
"""How much of a list is read, in bytes: about ten thousand pods."""
MAX_NAME_CHARS = 300
"""The longest name that is offered. Kubernetes allows 253 characters."""


@dataclass(frozen=True, slots=True)
class ListedLines:
    """The lines of a listing command that are not blank, and `problem` as in `Listing`."""

    lines: tuple[str, ...] = ()
    problem: str = ""


async def list_lines(argv: Sequence[str]) -> ListedLines:
    """Run a command on this machine and return its lines. Never raises."""
    try:
        result = await run_command(argv, within=LIST_TIMEOUT_S, limit=MAX_LIST_BYTES, stdin=b"")
    except VantageError as error:
        return ListedLines(problem=str(error))
    lines = result.stdout.decode("utf-8", "replace").split("\n")
    if result.truncated or result.timed_out:
        lines.pop()  # perhaps half a name
    return ListedLines(tuple(line for line in lines if line.strip()), _problem(argv[0], result))


def _problem(program: str, result: CommandResult) -> str:
    if result.timed_out:
        return f"{program}: {failures.no_answer(LIST_TIMEOUT_S, result.stderr)}"
    if result.truncated:
        return tr("{program} lists more than is read here: type the name", program=program)
    if result.code == 0:
        return ""
    return failures.last_line(result.stderr) or tr(
        "{program} ended with status {code}", program=program, code=result.code
    )


def is_usable_name(name: str) -> bool:
    """True if a name can be a word of a command: no option, no blank, nothing unprintable."""
    is_word = name.isprintable() and not re.search(r"\s", name)
    return is_word and 0 < len(name) <= MAX_NAME_CHARS and not name.startswith("-")


def parse_name(text: str) -> str:
    """Return a typed name. Raises `UsageError` if it cannot be a word of a command."""
    name = text.strip()
    if not is_usable_name(name):
        raise UsageError(
            tr("{name!r}: a name is one word and does not begin with -", name=safe(name, 60))
        )
    return name


_SUFFIX_CHAR = "[bcdfghjklmnpqrstvwxz2456789]"
"""The characters of the suffixes that Kubernetes generates."""
_GENERATED_NAME = re.compile(rf"^(.+?)(?:-{_SUFFIX_CHAR}{{6,10}})?-{_SUFFIX_CHAR}{{5}}$")
MAX_SHORT_NAME_CHARS = 20


def short_name(name: str) -> str:
    """Return a name that can be a vantage's: `web` for `deploy/web`."""
    last = name.rpartition("/")[2]
    allowed = re.sub(r"[^A-Za-z0-9_.-]+", "-", last).lstrip("0123456789_.-")
    return allowed[:MAX_SHORT_NAME_CHARS].rstrip("_.-") or "there"


def name_of_pod(pod: str) -> str:
    """Return a pod's name without the generated suffix: `web` for `web-7d4b9c6f5b-x2x9z`."""
    match = _GENERATED_NAME.match(pod)
    return short_name(match[1] if match else pod)


def name_of_host(host: str) -> str:
    """Return a host's first label: `jump` for `deploy@jump.example.com`."""
    name = host.rpartition("@")[2]
    return short_name(name if re.fullmatch(r"[\d.]+|.*:.*", name) else name.partition(".")[0])

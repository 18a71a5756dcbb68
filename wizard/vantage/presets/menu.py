"""The lists as values: a menu is read when it is opened; its choices lead on, or to a place."""

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wizard.text.display import safe
from wizard.text.errors import UsageError, VantageError
from wizard.vantage import failures
from wizard.vantage.process import CommandResult, collect

_LOGGING = frozenset({"kubectl", "oc", "docker", "podman"})
_FOR_EXEC = frozenset({"--", "-i", "-t", "-it", "-ti", "--stdin", "--tty", "--interactive"})


@dataclass(frozen=True, slots=True)
class Preset:
    """A place that was chosen.

    Attributes:
        name: What it may be called: a proposal.
        prefix: The words in front of a command that is to run there.
    """

    name: str
    prefix: tuple[str, ...]

    @property
    def logs(self) -> tuple[str, ...]:
        """The words of a command, run here, that follows what its container prints; empty where
        it is none."""
        program, words = os.path.basename(self.prefix[0]), self.prefix
        if program not in _LOGGING or "exec" not in words:
            return ()
        at = words.index("exec")
        target = [word for word in words[at + 1 :] if word not in _FOR_EXEC]
        return (*words[:at], "logs", "--follow", "--since=10m", *target)


@dataclass(frozen=True, slots=True)
class Choice:
    """One row.

    Attributes:
        text: What it is called, as it is: untrusted.
        note: What else is known of it, in a few words: untrusted.
        next: The next menu, or the place.
    """

    text: str
    note: str
    next: "MenuOrPreset"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a menu has.

    Attributes:
        problem: Why there is nothing, or not all of it, in one sentence; empty otherwise.
    """

    choices: tuple[Choice, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A list to choose from.

    Attributes:
        title: What is chosen, in a few words.
        load: Reads it: takes a bounded time, never raises.
        parse: What a text leads to that stands in no row; it raises a `UsageError` that says why
            not. None where nothing can be typed.
        hint: What can be typed, in a few words.
    """

    title: str
    load: Callable[[], Awaitable[Listing]]
    parse: "Callable[[str], MenuOrPreset] | None" = None
    hint: str = "a name that is not listed"


MenuOrPreset: TypeAlias = Menu | Preset

WITHIN = 8.0
"""How long, in seconds, a list may take: a cluster behind a slow login takes a few."""
LIMIT = 1 << 20
"""How much of a list is read, in bytes: ten thousand pods or so."""
LONGEST = 300
"""The longest name that is offered: Kubernetes allows 253 characters."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What was listed.

    Attributes:
        problem: Why nothing was, or not all, in one sentence; empty otherwise.
    """

    lines: tuple[str, ...] = ()
    problem: str = ""


async def printed(argv: Sequence[str]) -> Printed:
    """The lines that a command prints here. Never raises."""
    try:
        done = await collect(argv, within=WITHIN, limit=LIMIT, told=b"")
    except VantageError as error:
        return Printed(problem=str(error))
    text = done.stdout.decode("utf-8", "replace")
    # The last line of what was cut off is half a name.
    lines = text.split("\n")[:-1] if done.truncated or done.timed_out else text.split("\n")
    return Printed(tuple(line for line in lines if line.strip()), _problem(argv[0], done))


def _problem(program: str, done: CommandResult) -> str:
    if done.timed_out:
        return f"{program}: {failures.late(WITHIN, done.stderr)}"
    if done.truncated:
        return f"{program} lists more than is read here: type the name"
    if done.code == 0:
        return ""
    return safe(_last(done.stderr), 300) or f"{program} ended with status {done.code}"


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def usable(name: str) -> bool:
    """Whether a name can be a word of a command: no option, no blank, nothing unprintable."""
    return 0 < len(name) <= LONGEST and not name.startswith("-") and _is_word(name)


def _is_word(name: str) -> bool:
    return name.isprintable() and not re.search(r"\s", name)


def checked(text: str) -> str:
    """What was typed, as a word of a command. Raises `UsageError`."""
    name = text.strip()
    if not usable(name):
        raise UsageError(f"{safe(name, 60)!r}: a name is one word and begins with no -")
    return name


_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
"""What Kubernetes draws the ends of generated names from."""
_POD = re.compile(rf"^(.+?)(?:-{_RANDOM}{{6,10}})?-{_RANDOM}{{5}}$")
LONGEST_NAME = 20


def short(name: str) -> str:
    """The name without what makes no sense in front of a `=`: `web` for `deploy/web`."""
    last = name.rpartition("/")[2]
    fit = (
        re.sub(r"[^A-Za-z0-9_.-]+", "-", last).lstrip("0123456789_.-")[:LONGEST_NAME].rstrip("_.-")
    )
    return fit or "there"


def name_of_pod(pod: str) -> str:
    """The name of what made the pod: `web` for `web-7d4b9c6f5b-x2x9z`."""
    found = _POD.match(pod)
    return short(found[1] if found else pod)


def name_of_host(host: str) -> str:
    """A host's first label: `jump` for `deploy@jump.example.com`."""
    name = host.rpartition("@")[2]
    return short(name if re.fullmatch(r"[\d.]+|.*:.*", name) else name.partition(".")[0])

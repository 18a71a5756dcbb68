"""What a local program lists: one bounded command, its lines, and its own words where it fails."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.errors import UsageError, VantageError
from wizard.text import safe
from wizard.vantage import trouble
from wizard.vantage.command import Done, collect

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
    lines = text.split("\n")[:-1] if done.cut or done.late else text.split("\n")
    return Printed(tuple(line for line in lines if line.strip()), _problem(argv[0], done))


def _problem(program: str, done: Done) -> str:
    if done.late:
        return f"{program}: {trouble.late(WITHIN, done.stderr)}"
    if done.cut:
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

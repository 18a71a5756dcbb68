"""The lists as values: a menu is read when it is opened; its choices lead on, or to a place."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

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
        leads: The next menu, or the place.
    """

    text: str
    note: str
    leads: "Leads"


@dataclass(frozen=True, slots=True)
class Listed:
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
        typed: What a text leads to that stands in no row; it raises a `UsageError` that says why
            not. None where nothing can be typed.
        other: What can be typed, in a few words.
    """

    title: str
    load: Callable[[], Awaitable[Listed]]
    typed: "Callable[[str], Leads] | None" = None
    other: str = "a name that is not listed"


Leads: TypeAlias = Menu | Preset

"""A place to run from: a name and a command prefix."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

SSH_PROGRAMS = frozenset({"ssh", "slogin", "autossh"})
"""Prefixes that end in a shell of the other side: ssh joins its words with blanks and hands them
to the user's shell there (ssh(1): "a command … is executed by the user's login shell")."""
EXEC_PROGRAMS = frozenset(
    {"kubectl", "oc", "docker", "podman", "nerdctl", "crictl", "k3s", "microk8s"}
)
"""Container tools whose `exec` passes standard input on only with `-i`."""
_ATTACHED = frozenset({"-i", "--stdin", "--interactive", "--stdin=true", "--interactive=true"})
_TERMINAL = frozenset({"-t", "--tty", "--tty=true"})
_BOTH = frozenset({"-it", "-ti"})


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place that a command prefix leads to.

    Attributes:
        prefix: The words in front of a command: `("kubectl", "exec", "deploy/nginx", "--")`.
    """

    name: str
    prefix: tuple[str, ...]

    def argv(self, words: Sequence[str]) -> list[str]:
        """The whole command, for `exec`: no shell of this machine ever reads it. For each ssh in
        the prefix the words are quoted once: a shell over there reads them."""
        prefix = _attached(self.prefix)
        shells = sum(_is_ssh(prefix, place) for place in range(len(prefix)))
        for _ in range(shells):
            words = [shlex.join(words)]
        return [*prefix, *words]

    def shown(self, words: Sequence[str]) -> str:
        """The command as it would be typed into a shell here."""
        return shlex.join(self.argv(words))


def _is_ssh(prefix: Sequence[str], place: int) -> bool:
    """Whether this word is the program ssh, not a host or a namespace of that name."""
    word = prefix[place]
    if (
        os.path.basename(word) not in SSH_PROGRAMS
        or word.startswith("-")
        or place == len(prefix) - 1
    ):
        return False
    before = prefix[place - 1] if place else "--"
    return before == "--" or not before.startswith("-")


def _attached(prefix: tuple[str, ...]) -> list[str]:
    """The prefix with standard input passed on and no terminal asked for: what runs over there
    ends when its standard input does, and a terminal would garble what it prints."""
    words = list(prefix)
    tool = next(
        (n for n, word in enumerate(words) if os.path.basename(word) in EXEC_PROGRAMS), len(words)
    )
    if "exec" not in words[tool:]:
        return words
    at = words.index("exec", tool) + 1
    end = words.index("--", at) if "--" in words[at:] else len(words)
    options = [_without_terminal(word) for word in words[at:end]]
    kept = [word for word in options if word]
    if not _ATTACHED & set(kept):
        kept.insert(0, "-i")
    return [*words[:at], *kept, *words[end:]]


def _without_terminal(word: str) -> str:
    """The option without what asks for a terminal; empty if nothing is left."""
    if word in _BOTH:
        return "-i"
    return "" if word in _TERMINAL else word


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a place has, found out once.

    Attributes:
        vantage: The vantage's name.
        tool: What asks for URLs there: `curl`, `wget`, `python3`, `bash` (its /dev/tcp) or `nc`;
            empty where there is none of them.
        version: The tool in its own words: `curl 7.88.1`.
        round_trip_s: Seconds from a line sent there to its echo, the shortest of a few; None
            where it was not measured.
        skew_s: How far that clock is ahead of this one, in seconds; None where not measured.
        skew_within_s: How exact that is: half the round trip, and the clock's own resolution.
        zone: That place's time zone, as `+0100`; empty where it does not say.
        problem: Why the place cannot be used, in one sentence; empty if it can.
    """

    vantage: str
    tool: str = ""
    version: str = ""
    round_trip_s: float | None = None
    skew_s: float | None = None
    skew_within_s: float | None = None
    zone: str = ""
    problem: str = ""

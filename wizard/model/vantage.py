"""Where commands and requests can run: a vantage's command prefix and its capabilities."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

SSH_PROGRAMS = frozenset({"ssh", "slogin", "autossh"})
"""Programs that pass the command to a remote shell: ssh joins its words with blanks and passes them
to the user's login shell (ssh(1))."""
EXEC_PROGRAMS = ("kubectl", "oc", "docker", "podman", "nerdctl", "crictl", "k3s", "microk8s")
"""Container tools whose `exec` needs `-i` to pass standard input on."""
_ATTACHED = frozenset({"-i", "--stdin", "--interactive", "--stdin=true", "--interactive=true"})
_TERMINAL = frozenset({"-t", "--tty", "--tty=true"})
_BOTH = frozenset({"-it", "-ti"})


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place that is reached through a command prefix: the words in front of each command, such
    as `("kubectl", "exec", "deploy/nginx", "--")`."""

    name: str
    prefix: tuple[str, ...]

    def argv(self, words: Sequence[str]) -> list[str]:
        """The argument vector of the whole command; no shell of this machine interprets it.

        The words are quoted once for each ssh in the prefix, whose remote shell splits them again.
        """
        prefix = _attached(self.prefix)
        shells = sum(_is_ssh(prefix, index) for index in range(len(prefix)))
        for _ in range(shells):
            words = [shlex.join(words)]
        return [*prefix, *words]

    def shown(self, words: Sequence[str]) -> str:
        """The command as typed into a shell of this machine."""
        return shlex.join(self.argv(words))


def _is_ssh(prefix: Sequence[str], index: int) -> bool:
    """True if this word is the program ssh, not a host or a namespace of that name."""
    word = prefix[index]
    is_last = index == len(prefix) - 1
    if os.path.basename(word) not in SSH_PROGRAMS or word.startswith("-") or is_last:
        return False
    before = prefix[index - 1] if index else "--"
    return before == "--" or not before.startswith("-")


def _attached(prefix: tuple[str, ...]) -> list[str]:
    """The prefix with standard input passed on and without a terminal.

    The remote process ends when its standard input does, and a terminal would alter its output.
    """
    words = list(prefix)
    is_tool = [os.path.basename(word) in EXEC_PROGRAMS for word in words]
    tool = is_tool.index(True) if any(is_tool) else len(words)
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
    """The option without its request for a terminal; empty if nothing is left."""
    if word in _BOTH:
        return "-i"
    return "" if word in _TERMINAL else word


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is available at a vantage.

    Attributes:
        tool: The tool that makes requests there: `curl`, `wget`, `python3`, `bash` (its /dev/tcp)
            or `nc`; empty if none is installed.
        version: The tool's version as it prints it: `curl 7.88.1`.
        round_trip_s: Seconds from sending a line to receiving its echo, the shortest of a few
            measurements; None if not measured.
        skew_s: Seconds by which its clock is ahead of ours; None if not measured.
        skew_within_s: The accuracy of `skew_s` in seconds: half the round trip and the clock's own
            resolution.
        zone: Its time zone as `+0100`; empty if not known.
        problem: Why the vantage cannot be used, in one sentence; empty if it can.
    """

    vantage: str
    tool: str = ""
    version: str = ""
    round_trip_s: float | None = None
    skew_s: float | None = None
    skew_within_s: float | None = None
    zone: str = ""
    problem: str = ""

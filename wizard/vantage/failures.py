"""Why a place cannot be used: exit status and what was said there, in one plain sentence."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wizard.text.display import capitalize, safe
from wizard.vantage.scripts import NO_INPUT

ENDLESS = (
    "it prints without end, and what was asked for never begins: does its prefix end in a command?"
)
SAID = 300
"""How much of what was said there is shown, in characters."""
_VALUED = "-bcDEeFIiJLlmOopQRSWw"
"""The options of ssh that take a word (ssh(1), synopsis)."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way in which a place cannot be used.

    Attributes:
        pattern: What is said there in that case.
        advice: What it means, and what helps, from the place's prefix and what was said.
    """

    pattern: re.Pattern[str]
    advice: Callable[[Sequence[str], str], str]


def _always(advice: str) -> Callable[[Sequence[str], str], str]:
    return lambda prefix, said: (
        f"{said} {capitalize(advice)}" if said.endswith("?") else f"{said}: {advice}"
    )


def _itself(prefix: Sequence[str], said: str) -> str:
    """What is said there says it all."""
    return said


def _by_hand(prefix: Sequence[str], said: str) -> str:
    return f"{said}: connect once by hand and check the key: {_words(_ssh(prefix), 'true')}"


def _changed(prefix: Sequence[str], said: str) -> str:
    return "the host's key is not the one that is known: find out why before you trust it"


def _login(prefix: Sequence[str], said: str) -> str:
    return (
        f"{said}: it asks for a password or takes none of your keys, and nothing can be typed "
        "here: use a key with an agent, or a ControlMaster connection opened by hand"
    )


def _distroless(prefix: Sequence[str], said: str) -> str:
    """A container with nothing in it can be looked into from one beside it."""
    start = "there is no shell in that container (distroless?)"
    if "kubectl" not in prefix and "oc" not in prefix:
        return f"{start}: run one that shares its network: --network container:NAME"
    before, pod, container = _pod(prefix)
    words = [*before, "debug", "-it", pod, "--image=busybox", f"--target={container}"]
    return f"{start}; this opens one beside it: {' '.join(map(_shown, words))}"


def _shown(word: str) -> str:
    """A word for a shell; what is to be filled in stays as it is."""
    return word if word.removeprefix("--target=").isupper() else shlex.quote(safe(word, 100))


def _pod(prefix: Sequence[str]) -> tuple[list[str], str, str]:
    """kubectl with its namespace and context, the pod, the container; capitals if not known."""
    options = list(prefix[: prefix.index("--")] if "--" in prefix else prefix)
    kept = [word for word in options[: options.index("exec")] if word] if "exec" in options else []
    pod, container, rest = "POD", "CONTAINER", iter(options[len(kept) + 1 :])
    for word in rest:
        if word in ("-n", "--namespace", "--context", "--kubeconfig"):
            kept += [word, next(rest, "")]
        elif word.startswith(("-n=", "--namespace=", "--context=")):
            kept.append(word)
        elif word in ("-c", "--container"):
            container = next(rest, container)
        elif word.startswith(("-c=", "--container=")):
            container = word.partition("=")[2]
        elif not word.startswith("-") and pod == "POD":
            pod = word.removeprefix("pod/").removeprefix("pods/")
    # `kubectl debug` takes a pod by its name alone.
    return kept or ["kubectl"], "POD" if "/" in pod else pod, container


def _ssh(prefix: Sequence[str]) -> list[str]:
    """The prefix up to the host, as far as it is ssh."""
    words = iter(prefix)
    kept = [next(words, "ssh")]
    for word in words:
        kept.append(word)
        if word in [f"-{letter}" for letter in _VALUED[1:]]:
            kept.append(next(words, ""))
        elif not word.startswith("-"):
            break
    return kept


def _words(words: Sequence[str], *more: str) -> str:
    return safe(shlex.join([*words, *more]), 200)


_ACCESS = "is it the right name, and are you logged in to the right place?"
_TROUBLES: tuple[tuple[str, Callable[[Sequence[str], str], str]], ...] = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", _changed),
    (r"Host key verification failed|No \S+ host key is known", _by_hand),
    (r"authenticity of host .* can't be established|continue connecting \(yes/no", _by_hand),
    (r"Permission denied \(|Permission denied, please|Too many authentication fail", _login),
    (r"(?i)password:|passphrase for|a password is required|a terminal is required", _login),
    (r"Could not resolve hostname", _always("is the host's name right?")),
    (
        r"ssh: connect to .* (?:refused|timed out|No route|unreachable)",
        _always("is sshd up there?"),
    ),
    (
        r"channel \d+: open failed|stdio forwarding failed",
        _always("the jump host does not lead there: try ssh JUMP ssh HOST as the prefix"),
    ),
    (
        r"kex_exchange_identification|Connection (?:closed|reset) by .* port",
        _always("sshd hung up"),
    ),
    (r"exec: \\?\"sh\\?\": executable file not found|stat sh: no such file", _distroless),
    (r"error: unable to upgrade connection", _always("may you `exec` there, and does it run?")),
    (r"\(Forbidden\)|is forbidden:", _always("your account may not `exec` there")),
    (r"\(NotFound\)|container \S+ (?:is )?not (?:found|valid)", _always(_ACCESS)),
    (r"No such container|no such container|no container with name", _always(_ACCESS)),
    (r"container .* is not running|cannot exec in a stopped", _always("start it first")),
    (r"(?i)cannot connect to the docker daemon|docker daemon running", _itself),
    (r"connection to the server .* was refused|no configuration has been", _always(_ACCESS)),
    (r"Cannot open network namespace|cannot open .*/ns/", _always("is it the right name?")),
    (
        r"Operation not permitted|must be root|[Pp]ermission denied",
        _always("that takes more rights"),
    ),
    (r"command not found|: not found$|No such file or directory", _always("is its prefix right?")),
)
TROUBLES = tuple(Trouble(re.compile(f"(?m){text}"), advice) for text, advice in _TROUBLES)
"""The first that fits is told."""


def sentence(code: int | None, said: str, printed: str = "", *, prefix: Sequence[str] = ()) -> str:
    """Why nothing began over there."""
    if known := _known(prefix, said) or _known(prefix, printed):
        return known
    if code == NO_INPUT:
        return "its standard input is not passed on: leave out `ssh -n`, or add `-i`"
    heard = _last(said) or _last(printed)
    status = "it ended" if code is None else f"it ended with status {code}"
    return f"{status} before anything began there" + (f": {heard}" if heard else "")


def late(within: float, said: str, *, prefix: Sequence[str] = ()) -> str:
    """Why nothing began in time."""
    if known := _known(prefix, said):
        return known
    heard = _last(said)
    return f"no answer within {within:.0f} s" + (f": {heard}" if heard else "")


def failing(code: int | None, said: str) -> str:
    """Why the way there broke off."""
    heard = _last(said) or ("it does not end" if code is None else f"status {code}")
    return f"the way there was lost: {heard}"


def _known(prefix: Sequence[str], said: str) -> str:
    """The first trouble that fits, told with the line that shows it; empty if none does."""
    for trouble in TROUBLES:
        if found := trouble.pattern.search(said):
            start = said.rfind("\n", 0, found.start()) + 1
            line = said[start:].partition("\n")[0]
            return trouble.advice(prefix, _short(line.strip().rstrip(".:")))
    return ""


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _short(lines[-1]) if lines else ""


def _short(line: str) -> str:
    """A line made visible; what is written out as an escape is longer than it was."""
    shown = safe(line, SAID)
    return shown if len(shown) <= 2 * SAID else f"{shown[:SAID]}…"

"""Why a vantage cannot be used: one sentence made from exit status and standard error."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wizard.text.display import capitalize, labelled, safe, sentences
from wizard.text.messages import tr
from wizard.vantage.scripts import NO_STDIN_STATUS

ENDLESS_OUTPUT = tr(
    "it prints without end and never starts our command: does its prefix end in a command?"
)
TERMINAL = tr("its prefix opens a terminal, which changes the output: leave out `-t`")
MERGED_OUTPUT = tr("its standard error is mixed into its output: leave out `-t` or `2>&1`")
MAX_MESSAGE_CHARS = 300
"""How much of a message from ssh, kubectl, … is shown, in characters."""
_SSH_OPTIONS_WITH_VALUE = frozenset(f"-{letter}" for letter in "bcDEeFIiJLlmOopQRSWw")
"""ssh(1), synopsis."""

Advice = Callable[[Sequence[str], str], str]
"""Returns what happened and what to do, from the vantage's prefix and the line that was printed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A reason why a vantage cannot be used, and the pattern of its message from ssh, kubectl, …"""

    pattern: re.Pattern[str]
    advice: Advice


def _advise(advice: str) -> Advice:
    return lambda prefix, line: (
        sentences((line, capitalize(advice))) if line.endswith("?") else labelled(line, advice)
    )


def _line_itself(prefix: Sequence[str], line: str) -> str:
    return line


def _confirm_key(prefix: Sequence[str], line: str) -> str:
    command = safe(shlex.join([*_ssh_command(prefix), "true"]), 200)
    return tr(
        "{line}: connect once by hand and check the key: {command}", line=line, command=command
    )


def _changed_key(prefix: Sequence[str], line: str) -> str:
    return tr("the host's key has changed: find out why before you trust it")


def _login(prefix: Sequence[str], line: str) -> str:
    return tr(
        "{line}: it asks for a password or accepts none of your keys, and nothing can be "
        "typed here: use a key with an agent, or a ControlMaster connection opened by hand",
        line=line,
    )


def _no_shell(prefix: Sequence[str], line: str) -> str:
    """Suggest a debug container beside one that has no shell."""
    start = tr("there is no shell in that container (distroless?)")
    if "kubectl" not in prefix and "oc" not in prefix:
        return tr("{start}: run one that shares its network: --network container:NAME", start=start)
    kubectl, pod, container = _pod(prefix)
    words = [*kubectl, "debug", "-it", pod, "--image=busybox", f"--target={container}"]
    return tr(
        "{start}; this opens one beside it: {command}",
        start=start,
        command=" ".join(map(_quote, words)),
    )


def _quote(word: str) -> str:
    """Quote a word for a shell, but not a placeholder such as POD."""
    return word if word.removeprefix("--target=").isupper() else shlex.quote(safe(word, 100))


def _pod(prefix: Sequence[str]) -> tuple[list[str], str, str]:
    """Return kubectl with its namespace and context, the pod, and the container.

    POD and CONTAINER are returned for those that the prefix does not name.
    """
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
    # `kubectl debug` accepts only the plain name of a pod.
    return kept or ["kubectl"], "POD" if "/" in pod else pod, container


def _ssh_command(prefix: Sequence[str]) -> list[str]:
    """Return the prefix up to and with ssh's host."""
    words = iter(prefix)
    kept = [next(words, "ssh")]
    for word in words:
        kept.append(word)
        if word in _SSH_OPTIONS_WITH_VALUE:
            kept.append(next(words, ""))
        elif not word.startswith("-"):
            break
    return kept


_CHECK_NAME = tr("is it the right name, and are you logged in to the right place?")
_ADVICE: tuple[tuple[str, Advice | str], ...] = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", _changed_key),
    (r"Host key verification failed|No \S+ host key is known", _confirm_key),
    (r"authenticity of host .* can't be established|continue connecting \(yes/no", _confirm_key),
    (r"Permission denied \(|Permission denied, please|Too many authentication fail", _login),
    (
        r"(?i)password(?: for [^:\n]{1,100})?:|passphrase for|a (?:password|terminal) is required",
        _login,
    ),
    (r"Could not resolve hostname", tr("is the host's name right?")),
    (
        r"ssh: connect to .* (?:refused|timed out|No route|unreachable)",
        tr("is sshd running there?"),
    ),
    (
        r"channel \d+: open failed|stdio forwarding failed",
        tr("the jump host does not forward to it: try ssh JUMP ssh HOST as the prefix"),
    ),
    (
        r"kex_exchange_identification|Connection (?:closed|reset) by .* port",
        tr("sshd closed the connection"),
    ),
    (r"exec: \\?\"sh\\?\": executable file not found|stat sh: no such file", _no_shell),
    (
        r"error: unable to upgrade connection",
        tr("are you allowed to `exec` there, and is it running?"),
    ),
    (r"\(Forbidden\)|is forbidden:", tr("your account may not `exec` there")),
    (r"\(NotFound\)|container \S+ (?:is )?not (?:found|valid)", _CHECK_NAME),
    (r"No such container|no such container|no container with name", _CHECK_NAME),
    (r"container .* is not running|cannot exec in a stopped", tr("start it first")),
    (r"(?i)cannot connect to the docker daemon|docker daemon running", _line_itself),
    (r"connection to the server .* was refused|no configuration has been", _CHECK_NAME),
    (r"Cannot open network namespace|cannot open .*/ns/", tr("is it the right name?")),
    (
        r"Operation not permitted|must be root|[Pp]ermission denied",
        tr("this needs more rights than you have"),
    ),
    (r"command not found|: not found$|No such file or directory", tr("is its prefix right?")),
)
FAILURES = tuple(
    Failure(re.compile(f"(?m){text}"), _advise(advice) if isinstance(advice, str) else advice)
    for text, advice in _ADVICE
)
"""The first failure whose pattern matches is reported."""


def not_started(
    code: int | None, stderr: str, stdout: str = "", *, prefix: Sequence[str] = ()
) -> str:
    """Return why a command at a vantage ended before it started.

    `code` is the exit status of the vantage's command prefix, None if that did not end; `stderr`
    and `stdout` are the output until then.
    """
    if advice := _find_advice(prefix, stderr) or _find_advice(prefix, stdout):
        return advice
    if code == NO_STDIN_STATUS:
        return tr("its standard input is not passed on: leave out `ssh -n`, or add `-i`")
    message = last_line(stderr) or last_line(stdout)
    status = tr("it ended") if code is None else tr("it ended with status {code}", code=code)
    sentence = tr("{status} before our command started", status=status)
    return labelled(sentence, message) if message else sentence


def no_answer(within: float, stderr: str, *, prefix: Sequence[str] = ()) -> str:
    """Return why a vantage did not answer within that many seconds."""
    if advice := _find_advice(prefix, stderr):
        return advice
    message = last_line(stderr)
    sentence = tr("no answer within {within:.0f} s", within=within)
    return labelled(sentence, message) if message else sentence


def connection_lost(code: int | None, stderr: str) -> str:
    """Return why the connection to a running command was lost."""
    status = tr("it does not end") if code is None else tr("status {code}", code=code)
    return tr("the connection was lost: {message}", message=last_line(stderr) or status)


def _find_advice(prefix: Sequence[str], output: str) -> str:
    """Return the advice of the first of `FAILURES` that matches; empty if none does."""
    for failure in FAILURES:
        if match := failure.pattern.search(output):
            start = output.rfind("\n", 0, match.start()) + 1
            line = output[start:].partition("\n")[0]
            return failure.advice(prefix, _shorten(line.strip().rstrip(".:")))
    return ""


def last_line(text: str) -> str:
    """Return the last line with something in it, safe to show."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _shorten(lines[-1]) if lines else ""


def _shorten(line: str) -> str:
    """Return a line safe to show; escapes may make it longer than the limit, but not by much."""
    shown = safe(line, MAX_MESSAGE_CHARS)
    return shown if len(shown) <= 2 * MAX_MESSAGE_CHARS else f"{shown[:MAX_MESSAGE_CHARS]}…"

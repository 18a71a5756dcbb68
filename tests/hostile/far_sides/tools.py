"""Fake `curl` and `date` as shell text, each with how a request ends."""

from dataclasses import dataclass

_VERSION = 'case "$*" in *-V*) echo "curl 7.88.1 (x86_64)"; exit 0;; esac; '
_HEAD = 'printf "HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\n"; '
_EVENT = 'printf "data: x\\n\\n"; '
_REAL = 'exec "$REAL_CURL" "$@"'


@dataclass(frozen=True)
class FakeTool:
    """A program that stands in for one at the vantage.

    Attributes:
        script: Its text, for bash; `$REAL_CURL` is the real curl.
        ended: How the request ends; `left` if the probe must leave it by itself.
        says: A part of the sentence about the end.
        program: Its name.
    """

    name: str
    script: str
    ended: str
    says: str = ""
    program: str = "curl"


def _curl(name: str, script: str, ended: str, says: str = "") -> FakeTool:
    return FakeTool(name, _VERSION + script, ended, says)


def _date(name: str, script: str, ended: str = "eof", says: str = "") -> FakeTool:
    return FakeTool(name, script, ended, says, "date")


_UNREACHED = "unreached"
CURLS = (
    _curl("warns", f'echo "Warning: \\033[31mold" >&2; {_REAL}', "eof"),
    _curl("warns on its output", f"echo Warning; {_REAL}", _UNREACHED, "prints something else"),
    _curl(
        "knows no option", 'echo "curl: option -K: is unknown" >&2; exit 2', _UNREACHED, "cannot"
    ),
    _curl("is no curl", "exit 127", _UNREACHED, "curl there cannot send this request"),
    _curl("crashes", "kill -SEGV $$", _UNREACHED, "curl there was ended by signal 11"),
    _curl("is killed after the head", f"{_HEAD}kill -9 $$", _UNREACHED, "by signal 9"),
    _curl("ends with 255", f"{_HEAD}exit 255", _UNREACHED, "ended with status 255"),
    _curl("half a head", 'printf "HTTP/1.1 200 O"; exec sleep 77', "left"),
    _curl("half a body", f'{_HEAD}printf "data: x"; exec sleep 77', "left"),
    _curl("an endless head", 'printf "HTTP/1.1 200 OK\\r\\n"; exec yes "A: b"', "reset"),
    _curl("an endless body", f'{_HEAD}exec yes "data: x"', "left"),
    _curl("an endless line", f"{_HEAD}exec cat /dev/zero", "left"),
    _curl("random bytes", 'printf "\\001"; exec head -c 100000 /dev/urandom', "reset"),
    _curl("random bytes as body", f"{_HEAD}exec head -c 100000 /dev/urandom", "eof"),
    _curl("escapes", 'printf "HTTP/1.1 502 \\033[2J\\r\\nContent-Length: 0\\r\\n\\r\\n"', "eof"),
    _curl("an error of escapes", 'printf "curl: (7) \\033[2J\\n" >&2; exit 7', "refused", "\\e[2J"),
    _curl("an error without end", 'head -c 1000000 /dev/zero | tr "\\0" a >&2; exit 99', "reset"),
    _curl("ignores signals", f'{_HEAD}trap "" TERM; {_EVENT}while :; do sleep 1; done', "left"),
    _curl("forks", f"{_HEAD}{_EVENT}sleep 78 & exec sleep 77", "left"),
    _curl("says nothing", "exec sleep 77", "left"),
    _curl("interim answers", 'while :; do printf "HTTP/1.1 100 C\\r\\n\\r\\n"; done', "left"),
    _curl("a NUL in the status", 'printf "HTTP/1.1 200 \\0\\r\\n\\r\\n"', "reset"),
    FakeTool("a version without end", "exec yes", _UNREACHED, "cannot be understood"),
    FakeTool("a version that hangs", "exec sleep 77", _UNREACHED, "no answer within"),
)
DATES = (
    _date("years ago", "echo 'time 1000000000.5 +0000'"),
    _date("without %N", "echo 'time 1700000000.%N +0000'"),
    _date("as BusyBox", "echo 'time 1700000000. +0000'"),
    _date("before 1970", "echo 'time -5.5 +0000'"),
    _date("far away", "echo 'time 99999999999.5 +9999'"),
    _date("fails", "exit 1"),
    _date("escapes", 'printf "\\033[2J\\n"'),
    _date("without end", "exec yes", _UNREACHED, "cannot be understood"),
    _date("hangs", "exec sleep 77", _UNREACHED, "no answer within"),
)
TOOLS = (*CURLS, *DATES)

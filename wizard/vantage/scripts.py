"""The shell text that runs at a vantage: short POSIX shell, constant, without words of the user.

The script reads a mark, the request and the mark again from its standard input, prints the mark,
and starts the tool. From then on a watchdog in it reads that input: when it is closed (the step
was left, this program was killed, ssh broke off), the watchdog kills the tool.

The text contains no newline, no single quote and no double backslash, so that every login shell
that ssh may meet passes it on unchanged.
"""

import re
import secrets

NO_STDIN_STATUS = 97
"""The exit status of a script whose standard input was not passed on."""

_READ_MARK = f"read -r m||exit {NO_STDIN_STATUS};export LC_ALL=C;"
_PRINT_MARK = 'printf "%s+\\n" "$m";printf "%s+\\n" "$m">&2;'
START = _READ_MARK + _PRINT_MARK
"""Reads the mark and prints it on both outputs: earlier output is a banner."""
PRINT_STATUS = 'printf "\\n%s-%s\\n" "$m" $s>&2'
"""Prints the exit status `$s`. If that does not arrive, the connection was lost."""
_READ_REQUEST = (
    'n=$(printf "\\n.");n=${n%.};q=;'
    'while IFS= read -r l;do [ "$l" = "$m" ]&&break;q=$q$l$n;done;IFS= read -r l;q=$q$l;'
)
"""Not `head -c`, which may read ahead: the input after the request is for the watchdog."""
_SEND = 'printf %s "$q"|'
_SEND_AND_HOLD = 'printf %s "$q"|sh -c "echo \\$\\$;dd bs=65536 2>/dev/null;exec sleep 7200"|'
"""Keeps the tool's standard input open after the request, for a tool that half-closes the
connection at the end of its input: Nginx takes that for a client that has left. The first line is
the id of the process that keeps it open."""
WITH_HELD_STDIN = (
    '{ exec 6<&0;read -r p;%s <&6& c=$!;trap "kill $c $p" TERM;wait $c;s=$?;kill $p;exit $s;}'
)
"""Runs a tool (`%s`) with an input kept open, and closes that when the tool has ended."""
_WATCHDOG = (
    " 3<&-& t=$!;{ while read -r l<&3;do :;done;kill $t;}>/dev/null 2>&1& k=$!;"
    "wait $t;s=$?;kill $k 2>/dev/null;"
)


def with_watchdog(tool: str, *, hold: bool = False) -> list[str]:
    """Return the command that runs a tool with the request as its standard input.

    Args:
        tool: One simple command, as shell text.
        hold: Keep that input open after the request; `tool` is a `WITH_HELD_STDIN` then.
    """
    start = f"{_READ_MARK}{_READ_REQUEST}exec 3<&0;{_PRINT_MARK}"
    send = _SEND_AND_HOLD if hold else _SEND
    return ["sh", "-c", f"{start}{send}{tool}{_WATCHDOG}{PRINT_STATUS}"]


def new_mark() -> str:
    """Return a random word, which no banner contains."""
    return f"ssewizard-{secrets.token_hex(8)}"


def frame_request(mark: str, request: bytes) -> bytes:
    """Return the standard input of a script: the mark, the request, the mark.

    The request's last line comes after the second mark, as it may have no newline.
    """
    encoded = mark.encode()
    lines, newline, last = request.rpartition(b"\n")
    return b"".join((encoded, b"\n", lines, newline, encoded, b"\n", last, b"\n"))


_NOT_PASSED_ON = "\n\t\\!'\""
_SHELL_PREFIX = re.compile(r"^sh: (?:(?:(?:line )?[0-9]{1,6}|eval|exec): )*")

BARRED_FUNCTION = r"""
# True if $1 seems not to exist because a directory above it ($d) may not be entered.
barred() {
  d=$1
  while [ ! -d "$d" ]; do
    case $d in /*/* | [!/]*/*) d=${d%/*} ;; /*) d=/ ;; *) d=. ;; esac
  done
  [ ! -x "$d" ]
}
"""
"""A shell function for scripts that read files."""


def pack_script(script: str, *words: str) -> list[str]:
    """Return the command that runs a script at a vantage, with these words as `$1` and so on.

    The login shell that ssh meets may be csh or fish, which change a newline, a `!` or a double
    backslash even in quotes. These are passed as octal numbers.
    """
    encoded = "".join(f"\\0{ord(char):03o}" if char in _NOT_PASSED_ON else char for char in script)
    # A shell begins its messages with `$0`, which must not be the whole script.
    return ["sh", "-c", 's=$1;shift;eval "$(printf %b "$s")"', "sh", encoded, *words]


def strip_shell_prefix(line: str) -> str:
    """Return a shell's message without its name and the line number: `tail: not found`."""
    return _SHELL_PREFIX.sub("", line, count=1)

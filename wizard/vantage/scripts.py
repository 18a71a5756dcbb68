"""What is run over there: short POSIX shell, always the same text, no word of the user's in it.

It reads what it needs from its standard input (a mark, the request, the mark again), prints the
mark, starts the tool, and from then on holds that input as a leash: when it is closed (the step
was left, this program was killed, ssh was lost) the tool is killed. There is no newline, no single
quote and no double backslash in it, so that any login shell that ssh meets over there hands it on
whole.
"""

import re
import secrets

NO_INPUT = 97
"""The exit status that says that its standard input was not passed on."""

_HEAR = f"read -r m||exit {NO_INPUT};export LC_ALL=C;"
_BEGUN = 'printf "%s+\\n" "$m";printf "%s+\\n" "$m">&2;'
BEGIN = _HEAR + _BEGUN
"""Takes the mark and prints it on both outputs: what came before is a banner."""
END = 'printf "\\n%s-%s\\n" "$m" $s>&2'
"""Tells the exit status; where that is missing, the way there was lost."""
_REQUEST = (
    'n=$(printf "\\n.");n=${n%.};q=;'
    'while IFS= read -r l;do [ "$l" = "$m" ]&&break;q=$q$l$n;done;IFS= read -r l;q=$q$l;'
)
"""Not `head -c`: `read` takes not one byte too many of what is the leash afterwards."""
_TELL = 'printf %s "$q"|'
_HOLD = 'printf %s "$q"|sh -c "echo \\$\\$;dd bs=65536 2>/dev/null;exec sleep 7200"|'
"""For what takes the end of its input for the end of the connection: half closed, Nginx would
take us for gone. The first line is the number of the process that holds it open."""
HELD = '{ exec 6<&0;read -r p;%s <&6& c=$!;trap "kill $c $p" TERM;wait $c;s=$?;kill $p;exit $s;}'
"""Runs a tool whose input is held, and lets go once it has ended."""
_WATCHDOG = (
    " 3<&-& t=$!;{ while read -r l<&3;do :;done;kill $t;}>/dev/null 2>&1& k=$!;"
    "wait $t;s=$?;kill $k 2>/dev/null;"
)


def with_watchdog(tool: str, *, hold: bool = False) -> list[str]:
    """The words that run this tool: one simple command in shell text, whose standard input is the
    request.

    Args:
        hold: Whether that input stays open after the request; the tool is `HELD` then.
    """
    tell = _HOLD if hold else _TELL
    return ["sh", "-c", f"{_HEAR}{_REQUEST}exec 3<&0;{_BEGUN}{tell}{tool}{_WATCHDOG}{END}"]


def new_mark() -> str:
    """A word that no banner holds."""
    return f"ssewizard-{secrets.token_hex(8)}"


def told(mark: str, request: bytes) -> bytes:
    """What the script is told: the mark, the request, the mark; the request's last line goes
    last, since it may lack a newline."""
    sign = mark.encode()
    lines, newline, last = request.rpartition(b"\n")
    return b"".join((sign, b"\n", lines, newline, sign, b"\n", last, b"\n"))


_ESCAPED = "\n\t\\!'\""
_SPEAKER = re.compile(r"^sh: (?:(?:(?:line )?[0-9]{1,6}|eval|exec): )*")

BARRED_FUNCTION = r"""
# Whether a directory above that may not be entered hides what does not seem to be there: $d.
barred() {
  d=$1
  while [ ! -d "$d" ]; do
    case $d in /*/* | [!/]*/*) d=${d%/*} ;; /*) d=/ ;; *) d=. ;; esac
  done
  [ ! -x "$d" ]
}
"""
"""Shell text for scripts that read files."""


def pack_script(script: str, *words: str) -> list[str]:
    """The words that run a script there, with these as its `$1` and so on.

    Over there ssh meets a login shell, which may be csh or fish: neither takes a newline, a `!`
    or a double backslash between quotes for what it is, so these are written as octal numbers.
    """
    shown = "".join(f"\\0{ord(char):03o}" if char in _ESCAPED else char for char in script)
    # A shell puts its `$0` before whatever it says: that is not to be the whole script.
    return ["sh", "-c", 's=$1;shift;eval "$(printf %b "$s")"', "sh", shown, *words]


def strip_shell_prefix(line: str) -> str:
    """What a shell said, without its name and the line of our script: `tail: not found`."""
    return _SPEAKER.sub("", line, count=1)

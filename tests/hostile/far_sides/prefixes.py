"""Command prefixes as shell text, each with what is said about it; an empty text: it works."""

from dataclasses import dataclass

_START = 'read -r m; printf "%s+\\n" "$m"; printf "%s+\\n" "$m" >&2; '
"""Starts as our own command does."""
_GO_ON = 'exec "$@"'
"""Runs the command that it gets, as a prefix should."""


def _answering(tools: str) -> str:
    """A discovery that says this about its tools."""
    cases = f'd) echo "time 1700000000.5 +0000";; t) {tools}; echo end;; *) echo "$l";;'
    return f"{_START}while read -r l; do case $l in {cases} esac; done"


@dataclass(frozen=True)
class Prefix:
    """A prefix program.

    Attributes:
        script: Its text, for bash.
        says: A part of the one sentence about it; empty if requests can be made there.
    """

    name: str
    script: str
    says: str = ""


_NO_ANSWER = "web: no answer within"
_NO_SENSE = "web: its answer cannot be understood: is its prefix right?"
_ENDED = "before our command started"
ENDS_EARLY = tuple(
    Prefix(
        f"ends with status {status}", f"exit {status}", f"it ended with status {status} {_ENDED}"
    )
    for status in (1, 2, 126, 127, 137, 255)
)
SILENT = (
    Prefix("ignores signals, and forks", 'trap "" TERM HUP INT; sleep 77 & sleep 77', _NO_ANSWER),
    Prefix("echoes its input", "exec cat", _NO_ANSWER),
    Prefix("prints half a mark", 'read -r m; printf %s "$m"; exec sleep 77', _NO_ANSWER),
    Prefix("forges a mark", "echo ssewizard-0123456789abcdef+; exec sleep 77", _NO_ANSWER),
    Prefix("a shell that runs nothing", "exec sh -n", _NO_ANSWER),
    Prefix(
        "a password of sudo", 'printf "[sudo] password for me: " >&2; exec sleep 77', "password"
    ),
    Prefix(
        "a passphrase",
        "printf \"Enter passphrase for key '/k': \" >&2; exec sleep 77",
        "passphrase",
    ),
    Prefix(
        "a question of ssh", 'printf "continue connecting (yes/no)? " >&2; exec sleep 77', "by hand"
    ),
    Prefix("starts on one side", 'read -r m; echo "$m+" >&2; exec sleep 77', _NO_ANSWER),
)
LIES = (
    Prefix("echoes more than it gets", 'while read -r l; do echo "$l+"; done', _NO_SENSE),
    Prefix("a forged end", f'{_START}printf "\\n%s-0\\n" "$m" >&2; exec sleep 77', _NO_ANSWER),
    Prefix(
        "an end of escapes",
        f'{_START}printf "\\n%s-\\033[2J\\n" "$m" >&2',
        "the connection was lost",
    ),
    Prefix(
        "answers in another order", f'{_START}echo end; echo "has curl"; exec sleep 77', _NO_SENSE
    ),
    Prefix("an unknown tool", _answering('printf "has \\033[2J\\n"'), _NO_SENSE),
    Prefix("thousands of tools", _answering('seq -f "has t%.0f" 5000'), _NO_SENSE),
    Prefix("a version without end", _answering('echo "has curl"; yes'), _NO_SENSE),
    Prefix("no tool", _answering("true"), "web: it has none of curl, wget, python3, bash and nc"),
    Prefix("a terminal", '"$@" 2>&1 | sed -u "s/$/\\r/"', "its prefix opens a terminal"),
    Prefix("mixed outputs", f"{_GO_ON} 2>&1", "its standard error is mixed into its output"),
    Prefix("no input", "exec 0<&-; " + _GO_ON, "its standard input is not passed on"),
    Prefix("an empty PATH", 'exec env -i PATH=/nonexistent /bin/"$@"', "it has none of curl"),
    Prefix("a restricted shell", 'exec bash -r "$@"', _ENDED),
    Prefix("a gigabyte first", f"head -c 1000000000 /dev/zero; {_GO_ON}", "it prints without end"),
    Prefix("dies after its start", f"{_START}kill -9 $$", "the connection was lost: status -9"),
    Prefix("few descriptors", f"ulimit -n 5; {_GO_ON}", "web: "),
)
MESSAGES = tuple(
    Prefix(line[:40], f"cat >&2 <<'E'\n{line}\nE\nexit 1", says)
    for line, says in (
        ('Error from server (NotFound): pods "web" not found', "is it the right name"),
        ('error: unable to upgrade connection: container not found ("nginx")', "allowed to `exec`"),
        ("Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout", "i/o timeout"),
        ("Unable to connect to the server: x509: certificate has expired", "has expired"),
        ("error: You must be logged in to the server (Unauthorized)", "must be logged in"),
        ('Error from server (Forbidden): pods "web" is forbidden: User "me"', "may not `exec`"),
        ("sudo: a password is required", "nothing can be typed"),
        ('Cannot open network namespace "ns1": No such file or directory', "the right name"),
        ("Error response from daemon: container 12ab is not running", "start it first"),
        ("client_loop: send disconnect: Broken pipe", "Broken pipe"),
        ("ssh: connect to host web port 22: Connection timed out", "is sshd running there?"),
        ("\x1b[2J\x1b]0;gone\x07\u202eevil", "\\e[2J\\e]0;gone\\u{7}\\u{202e}evil"),
        ("x" * 100_000, "xxx"),
    )
)
WORKS = (
    Prefix("a child in the background", f"sleep 77 >/dev/null 2>&1 & {_GO_ON}"),
    Prefix("a child that holds the outputs", f"sleep 77 & {_GO_ON}"),
    Prefix("random bytes first", f"head -c 3000 /dev/urandom; echo; {_GO_ON}"),
    Prefix("random bytes on standard error", f"head -c 3000 /dev/urandom >&2; echo >&2; {_GO_ON}"),
    Prefix("NUL bytes first", f'printf "\\0\\0\\n"; {_GO_ON}'),
    Prefix("a message of the day", f'printf "\\033[1mkeep out\\033[0m\\nssewizard-\\n"; {_GO_ON}'),
    Prefix("a flood on standard error", 'yes >&2 & k=$!; "$@"; kill $k'),
    Prefix("standard error is closed", f"{_GO_ON} 2>&-"),
    Prefix("another locale", f"LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 {_GO_ON}"),
    Prefix("no environment", 'exec env -i "$@"'),
    Prefix("files may not grow", f"ulimit -f 0; {_GO_ON}"),
    Prefix("no temporary directory", f"TMPDIR=/dev/full {_GO_ON}"),
    Prefix("a start-up file with aliases", f"ENV=/dev/stdin BASH_ENV=/nonexistent {_GO_ON}"),
    Prefix("a wrong time zone", f"TZ=Asia/Kathmandu {_GO_ON}"),
)
"""What disturbs, but not us."""
PREFIXES = (*ENDS_EARLY, *SILENT, *LIES, *MESSAGES, *WORKS)

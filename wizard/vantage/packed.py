"""A shell script as words that any login shell hands on whole, and what a shell says of one."""

import re

_ESCAPED = "\n\t\\!'\""
_SPEAKER = re.compile(r"^sh: (?:(?:(?:line )?[0-9]{1,6}|eval|exec): )*")

BARRED = r"""
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


def packed(script: str, *words: str) -> list[str]:
    """The words that run a script there, with these as its `$1` and so on.

    Over there ssh meets a login shell, which may be csh or fish: neither takes a newline, a `!`
    or a double backslash between quotes for what it is, so these are written as octal numbers.
    """
    shown = "".join(f"\\0{ord(char):03o}" if char in _ESCAPED else char for char in script)
    # A shell puts its `$0` before whatever it says: that is not to be the whole script.
    return ["sh", "-c", 's=$1;shift;eval "$(printf %b "$s")"', "sh", shown, *words]


def own_words(line: str) -> str:
    """What a shell said, without its name and the line of our script: `tail: not found`."""
    return _SPEAKER.sub("", line, count=1)

"""A shell script as words that any login shell hands on whole."""

_ESCAPED = "\n\t\\!'\""


def packed(script: str, *words: str) -> list[str]:
    """The words that run a script there, with these as its `$1` and so on.

    Over there ssh meets a login shell, which may be csh or fish: neither takes a newline, a `!`
    or a double backslash between quotes for what it is, so these are written as octal numbers.
    """
    shown = "".join(f"\\0{ord(char):03o}" if char in _ESCAPED else char for char in script)
    return ["sh", "-c", 'eval "$(printf %b "$0")"', shown, *words]

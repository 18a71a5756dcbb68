"""Which command the words of the command line name."""

from difflib import get_close_matches

from wizard.text.display import safe
from wizard.text.errors import UsageError

COMMANDS = ("check", "inspect", "explain", "lab", "open", "completion")
"""The commands with a parser of their own; without one of them, the wizard opens."""
_NO_WORD = frozenset("/:.[ \t")
"""Characters of a URL, a host or a path, which no command has."""


def split_command(words: list[str]) -> tuple[str, list[str]]:
    """The command and its words; the empty command opens the wizard.

    `help` and `help COMMAND` ask for `--help`. Raises `UsageError` for a word that is neither a
    command nor a URL.
    """
    if not words or words[0].startswith("-") or not words[0]:
        return "", words
    first, rest = words[0], words[1:]
    if first == "help":
        return _named(rest[0]) if rest and not rest[0].startswith("-") else "", ["--help"]
    return ("", words) if _NO_WORD.intersection(first) else (_named(first), rest)


def _named(word: str) -> str:
    """The command of this name. Raises `UsageError` with what is similar."""
    if word in COMMANDS:
        return word
    shown, names = safe(word, 60), (*COMMANDS, "help")
    if similar := get_close_matches(word.lower(), names, 1, 0.6):
        raise UsageError(f"{shown}: no such command: did you mean {similar[0]}?")
    raise UsageError(
        f"{shown}: neither a command ({', '.join(COMMANDS)}) nor a URL such as "
        f"http://HOST/sse (see ssewizard --help)"
    )

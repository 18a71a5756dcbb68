"""Which command the words of the command line name."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from wizard.text.display import comma_list, safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

COMMANDS = ("check", "inspect", "explain", "lab", "open", "completion")
"""The commands with a parser of their own; without one of them, the wizard opens."""
_NO_WORD = frozenset("/:.[ \t")
"""Characters of a URL, a host or a path, which no command has."""


def split_command(
    words: list[str], profiles: Callable[[], Iterable[str]] = tuple
) -> tuple[str, list[str]]:
    """The command and its words; the empty command opens the wizard.

    `help` and `help COMMAND` ask for `--help`. Raises `UsageError` for a word that is no command,
    no URL and none of the profiles, which are asked for only then.
    """
    if not words or words[0].startswith("-") or not words[0]:
        return "", words
    first, rest = words[0], words[1:]
    if first == "help":
        return _named(rest[0]) if rest and not rest[0].startswith("-") else "", ["--help"]
    if first in COMMANDS:
        return first, rest
    names = tuple(profiles()) if is_bare_word(first) else ()
    if not is_bare_word(first) or first in names:
        return "", words
    return _named(first, names), rest


def is_bare_word(text: str) -> bool:
    """True for what may name a command or a profile, and is no URL, host or path."""
    return bool(text) and not _NO_WORD.intersection(text)


def _named(word: str, others: tuple[str, ...] = ()) -> str:
    """The command of this name. Raises `UsageError` with what is similar."""
    if word in COMMANDS:
        return word
    shown, names = safe(word, 60), (*COMMANDS, "help", *others)
    if similar := get_close_matches(word.lower(), names, 1, 0.6):
        raise UsageError(
            tr("{shown}: no such command: did you mean {similar}?", shown=shown, similar=similar[0])
        )
    raise UsageError(
        tr(
            "{shown}: neither a command ({commands}) nor a URL such as http://HOST/sse (see "
            "ssewizard --help)",
            shown=shown,
            commands=comma_list(COMMANDS),
        )
    )

"""The command that was probably meant, where the words of the command line are wrong."""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from wizard.cli.commands import COMMANDS
from wizard.cli.options import make_parser, make_target_parser
from wizard.text.errors import UsageError
from wizard.text.redaction import redact

_HOST = re.compile(
    r"(?:localhost|\[[0-9A-Fa-f:]+\]|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(:\d+)?(/\S*)?"
)
_OWN = re.compile(r"(?:localhost|127\.|10\.|192\.168\.|\[)")
"""Hosts that are asked without TLS as a rule."""
_CHECK_ONLY = ("--format", "-o", "--output", "--save", "--targets", "--parallel", "--look")
_WITH_SECRETS = ("-H", "--header", "-d", "--data", "--curl")
"""Options whose values are not repeated."""
_MAX_CHARS = 300


def corrected(words: Sequence[str]) -> str:
    """The command line that was probably meant, as a shell takes it; empty if none is known, or if
    it would repeat a secret."""
    new = list(words)
    for correct in (_with_command, _with_options, _with_schemes):
        new = correct(new)
    if new == list(words) or not _parses(new):
        return ""
    shown = " ".join(["ssewizard", *_shown(new)])
    is_short = len(shown) <= _MAX_CHARS and shown.isprintable()
    return shown if is_short and redact(shown) == shown else ""


def _with_command(words: list[str]) -> list[str]:
    """With the command that the first word is nearly, or that has the options given."""
    first, rest = words[0], words[1:]
    if first in COMMANDS:
        return words
    if first == "curl" and rest:
        return ["check", "--curl", shlex.join(words)]
    if similar := get_close_matches(first.lower(), COMMANDS, 1, 0.6):
        return [similar[0], *rest]
    has_check_option = any(word.partition("=")[0] in _CHECK_ONLY for word in words)
    return ["check", *words] if has_check_option else words


def _with_options(words: list[str]) -> list[str]:
    """With the name of each option that is nearly one of the command's."""
    command = words[0] if words[0] in COMMANDS else ""
    known = make_parser(command)._option_string_actions
    return [_with_known_name(word, known) for word in words]


def _with_known_name(word: str, known: Iterable[str]) -> str:
    name, equals, value = word.partition("=")
    if not name.startswith("--") or name in known or not name[2:]:
        return word
    similar = get_close_matches(name, list(known), 1, 0.75)
    return f"{similar[0]}{equals}{value}" if similar else word


def _with_schemes(words: list[str]) -> list[str]:
    """With http:// or https:// before each host that stands where a URL does."""
    takes_url = words[0] == "check" or words[0] not in COMMANDS
    return [
        _with_scheme(word) if takes_url and (at == 0 or _is_place(words[at - 1])) else word
        for at, word in enumerate(words)
    ]


def _is_place(before: str) -> bool:
    """True if the word after this one may be a URL: the command, another value, `--direct`."""
    flags = [each for each in make_target_parser()._actions if each.nargs == 0]
    is_flag = any(before in each.option_strings for each in flags)
    return not before.startswith("-") or before == "--direct" or is_flag


def _with_scheme(word: str) -> str:
    if word in COMMANDS or not _HOST.fullmatch(word):
        return word
    return f"http://{word}" if _OWN.match(word) else f"https://{word}"


def _parses(words: list[str]) -> bool:
    """True if the command takes these words."""
    command = words[0] if words[0] in COMMANDS else ""
    parse: Callable[[list[str]], object] = make_parser(command).parse_args
    try:
        parse(words[1:] if command else words)
    except UsageError:
        return False
    return True


def _shown(words: list[str]) -> list[str]:
    """The words as a shell takes them, without what may be a secret."""
    shown = []
    for before, word in zip(["", *words], words, strict=False):
        name, equals, _ = word.partition("=")
        if before in _WITH_SECRETS:
            shown.append("'…'")
        elif name in _WITH_SECRETS and equals:
            shown.append(f"{name}='…'")
        else:
            shown.append(shlex.quote(word))
    return shown

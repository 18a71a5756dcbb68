"""Whether the condition of an `if` is met, as far as config and request decide it.

https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if
"""

import re
from dataclasses import dataclass

from wizard.nginx.patterns import search
from wizard.nginx.variables import RequestState

_FILE_TEST = re.compile("!?-[fdex]")


@dataclass(frozen=True, slots=True)
class Condition:
    """The value of a condition.

    Attributes:
        is_met: None if config and request do not decide it.
        tests_files: Whether it asks for a file; files are taken as missing.
    """

    is_met: bool | None
    tests_files: bool = False


def evaluate(args: tuple[str, ...], state: RequestState) -> Condition:
    """The value of `if (…)` with these arguments; the groups of a regex that matches are kept."""
    words = _without_parentheses(args)
    if len(words) >= 1 and _FILE_TEST.fullmatch(words[0]):
        return Condition(words[0].startswith("!"), tests_files=True)
    subject = state.fill(words[0]) if words else None
    if subject is None:
        if len(words) > 1 and "~" in words[1]:
            state.captures = None
        return Condition(None)
    if len(words) == 1:
        return Condition(subject not in ("", "0"))
    operator, text = words[1], " ".join(words[2:])
    if operator in ("=", "!="):
        other = state.fill(text)
        return Condition(None if other is None else (subject == other) == (operator == "="))
    return _matches(operator, text, subject, state)


def _without_parentheses(args: tuple[str, ...]) -> list[str]:
    """The words between the parentheses, each of which may be a word of its own: `if ( $a )`."""
    words = list(args)
    if words:
        words[0] = words[0].removeprefix("(")
        words[-1] = words[-1].removesuffix(")")
    first = int(args[:1] == ("(",))
    return words[first : len(words) - int(args[-1:] == (")",))]


def _matches(operator: str, text: str, subject: str, state: RequestState) -> Condition:
    """The value of a comparison with a regex; not decided if the regex cannot be tried."""
    if operator.lstrip("!") not in ("~", "~*"):
        return Condition(None)
    found = search(text, subject, ignore_case=operator.endswith("*"))
    if found.problem:
        state.captures = None
        return Condition(None)
    match = found.match
    if match:
        state.capture(match)
    else:
        state.captures = ()
    return Condition((match is not None) != operator.startswith("!"))

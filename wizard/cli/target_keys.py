"""The keys of a target in a TOML file: each gives its value to the parser of a `check` option."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOLLAR = re.compile(rf"\$\$|{_VARIABLE.pattern}|\$\{{|\$[A-Z][A-Z0-9_]*(?![A-Za-z0-9_])")
"""A dollar that begins an escape, a variable, or a mistyped variable."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the file.

    Attributes:
        dest: The option's name in the parser's namespace.
        words: Turns the option (`--direct`) and a TOML value into words of the command line.
    """

    dest: str
    words: Callable[[str, Any], list[str]]


def option_words(key: str, value: object) -> list[str]:
    """The words of the command line that say the same as a key. Raises `UsageError`."""
    words = (_text_words if key in REPORT_KEYS else KEYS[key].words)(f"--{key}", value)
    return words if key == "header" else [require_literal(word) for word in words]


def suggestion(key: str, names: Iterable[str]) -> str:
    """The name most similar to the key, as the end of a sentence; empty if none is similar."""
    similar = get_close_matches(key.lower().replace("_", "-"), list(names), 1, 0.6)
    return tr(" (did you mean {similar}?)", similar=similar[0]) if similar else ""


def require_literal(text: str) -> str:
    """Return the text. Raises `UsageError` if it contains `${NAME}`, replaced in headers only.

    Sent as it is, the variable would look like a fault of the server.
    """
    if match := _VARIABLE.search(text):
        raise UsageError(
            tr(
                "{variable} is not replaced here: only the value of a header may use environment "
                "variables",
                variable=safe(match[0], 60),
            )
        )
    return text


def _with_environment(header: str) -> str:
    """The header with `${NAME}` in its value replaced from the environment and `$$` by a dollar.

    So the file can be committed without secrets; no message shows a value. Raises `UsageError` if a
    variable is not set, is empty or is written in another way.
    """
    name, colon, value = header.partition(":")
    return f"{name}{colon}{_DOLLAR.sub(_environment_value, value)}"


def _environment_value(match: re.Match[str]) -> str:
    if match[0] == "$$":
        return "$"
    if match[1] is None:
        raise UsageError(tr("write a variable of the environment as ${NAME}, and a dollar as $$"))
    if not (value := os.environ.get(match[1], "")):
        raise UsageError(
            tr(
                "the environment variable {variable} is not set, or is empty",
                variable=safe(match[1], 60),
            )
        )
    return value


def _text_words(option: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        raise _type_error(tr("a string"), value)
    # One word, so that a value that begins with - is not taken for an option.
    return [f"{option}={value}"]


def _list_words(option: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [word for item in values for word in _text_words(option, item)]


def _number_words(option: str, value: Any) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _type_error(tr("a number of seconds"), value)
    return [f"{option}={value}"]


def _flag_words(option: str, value: Any) -> list[str]:
    if not isinstance(value, bool):
        raise _type_error(tr("true or false"), value)
    return [option] if value else []


def _mcp_words(option: str, value: Any) -> list[str]:
    """The words for the key `mcp`: `true` is `auto`, and `false` is `never`."""
    if isinstance(value, bool):
        value = "auto" if value else "never"
    return _text_words(option, value)


def _pair_words(option: str, value: Any) -> list[str]:
    """The words for `NAME=VALUE` pairs: a list of strings, or a table in its order."""
    if not isinstance(value, dict):
        return _list_words(option, value)
    if bad := next((name for name in value if "=" in name), None):
        raise UsageError(tr("{bad!r} is not a valid name", bad=safe(bad, 60)))
    return [word for name, item in value.items() for word in _text_words(f"{option}={name}", item)]


def _header_words(option: str, value: Any) -> list[str]:
    return [_with_environment(word) for word in _list_words(option, value)]


_TYPE_NAMES: tuple[tuple[Any, str], ...] = (
    (bool, tr("true or false")),
    (str, tr("a string")),
    (int | float, tr("a number")),
    (list, tr("a list")),
    (dict, tr("a table")),
)


def _type_error(wanted: str, value: Any) -> UsageError:
    name = next(
        (name for kind, name in _TYPE_NAMES if isinstance(value, kind)), tr("a date or a time")
    )
    return UsageError(tr("must be {wanted}, not {name}", wanted=wanted, name=name))


KEYS: Mapping[str, Key] = {
    "direct": Key("direct", _list_words),
    "conf": Key("conf", _text_words),
    "log": Key("log", _list_words),
    "vantage": Key("vantage", _pair_words),
    "hop": Key("hop", _pair_words),
    "header": Key("header", _header_words),
    "request": Key("request", _text_words),
    "data": Key("data", _list_words),
    "http": Key("http", _text_words),
    "repeat": Key("repeat", _flag_words),
    "insecure": Key("insecure", _flag_words),
    "connect-to": Key("connect_to", _text_words),
    "stall": Key("stall", _number_words),
    "patience": Key("patience", _number_words),
    "upgrade": Key("upgrade", _flag_words),
    "mcp": Key("mcp", _mcp_words),
    "style": Key("style", _text_words),
}
"""The keys besides `url` and `name`; each has its option's name."""
REPORT_KEYS = ("format", "output", "lang")
"""What a profile can say of the report besides."""

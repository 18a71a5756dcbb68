"""TOML read with care, and its values as the words of the command line that mean the same."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from wizard.cli.environment import filled_in, literal
from wizard.cli.regular import cannot_be_read, open_regular
from wizard.errors import UsageError
from wizard.text import safe

LIMIT = 1 << 20
"""The largest file that is read, in bytes."""
_LINE = re.compile(r"line (\d+), column")


def read_toml(path: str, file: str) -> dict[str, Any]:
    """What the file says.

    Args:
        file: How complaints name it.

    Raises:
        UsageError: It cannot be read, or is no TOML; with the line.
    """
    try:
        text = _read(path, file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{file}:{line}: not UTF-8, as TOML must be") from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{file}: nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"{file}{_place(str(error), text)}") from None


def _place(said: str, text: str) -> str:
    """The line, counted from 1, and what is wrong there."""
    what, _, place = said.partition(" (at ")
    found = _LINE.match(place)
    line = found[1] if found else str(max(1, len(text.splitlines())))
    return f":{line}: not TOML: {safe(what, 200)}"


def _read(path: str, file: str) -> bytes:
    with open(open_regular(path, file), "rb") as source:
        try:
            raw = source.read(LIMIT + 1)
        except OSError as error:
            raise cannot_be_read(file, error) from None
    if len(raw) > LIMIT:
        raise UsageError(f"{file}: larger than {LIMIT >> 20} MiB, so not read")
    return raw


def tables(data: Mapping[str, Any], file: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`[defaults]` and each `[[target]]`. Raises `UsageError` for anything else."""
    for key in data:
        if key not in ("defaults", "target"):
            raise UsageError(f"{file}: {safe(key, 60)}: {_stray(key, data[key])}")
    defaults, listed = data.get("defaults", {}), data.get("target", [])
    if not isinstance(defaults, dict):
        raise UsageError(f"{file}: defaults: a table is wanted: [defaults]")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UsageError(f"{file}: target: tables are wanted: [[target]] before each")
    return defaults, listed


def _stray(key: str, value: object) -> str:
    """What is wrong with what belongs to none of these tables."""
    if key in KEYS and isinstance(value, dict):
        return f"this table belongs to [defaults] or to a [[target]]: [defaults.{key}]"
    if key in KEYS:
        return "put this key below [defaults], or below the [[target]] that it is of"
    if key in ("url", "name"):
        return "put this key below the [[target]] that it is of"
    return f"no such table{near(key, ('defaults', 'target', *KEYS))}"


def near(key: str, known: Iterable[str]) -> str:
    """What was probably meant, as the end of a sentence; empty if nothing is like it."""
    found = get_close_matches(key.lower().replace("_", "-"), list(known), 1, 0.6)
    return f" (did you mean {found[0]}?)" if found else ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key: where the option's value goes in the parser's namespace, and the words that its value
    is on the command line."""

    dest: str
    words: Callable[[str, Any], list[str]]


def option_words(key: str, value: object) -> list[str]:
    """The words for the command line that mean this key and value. Raises `UsageError`."""
    words = KEYS[key].words(f"--{key}", value)
    return words if key == "header" else [literal(word) for word in words]


def _text(option: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        raise _wanted("a string", value)
    # One word, so that a value that begins with - stays a value.
    return [f"{option}={value}"]


def _texts(option: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [word for one in values for word in _text(option, one)]


def _number(option: str, value: Any) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wanted("a number of seconds", value)
    return [f"{option}={value}"]


def _flag(option: str, value: Any) -> list[str]:
    if not isinstance(value, bool):
        raise _wanted("true or false", value)
    return [option] if value else []


def _without(option: str, value: Any) -> list[str]:
    """A key that is true unless the option `--no-…` is given."""
    return [] if _flag(option, value) else [option.replace("--", "--no-", 1)]


def _pairs(option: str, value: Any) -> list[str]:
    """`NAME=WHAT`, as a list or as a table, whose order is kept."""
    if not isinstance(value, dict):
        return _texts(option, value)
    if bad := next((name for name in value if "=" in name), None):
        raise UsageError(f"{safe(bad, 60)!r} is no name")
    return [word for name, one in value.items() for word in _text(f"{option}={name}", one)]


def _headers(option: str, value: Any) -> list[str]:
    return [filled_in(word) for word in _texts(option, value)]


def _wanted(what: str, value: Any) -> UsageError:
    kinds = ((bool, "true or false"), (str, "a string"), (int | float, "a number"),
             (list, "a list"), (dict, "a table"))  # fmt: skip
    kind = next((word for type, word in kinds if isinstance(value, type)), "a date or a time")
    return UsageError(f"{what} is wanted, not {kind}")


KEYS: Mapping[str, Key] = {
    "direct": Key("direct", _texts),
    "conf": Key("conf", _text),
    "log": Key("log", _texts),
    "vantage": Key("vantage", _pairs),
    "hop": Key("hop", _pairs),
    "header": Key("header", _headers),
    "insecure": Key("insecure", _flag),
    "connect-to": Key("connect_to", _text),
    "stall": Key("stall", _number),
    "patience": Key("patience", _number),
    "mcp": Key("no_mcp", _without),
    "style": Key("style", _text),
}
"""Each key beside `url` and `name`: called as the option, or as what `--no-…` leaves out."""

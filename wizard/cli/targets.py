"""A list of targets in a TOML file. Its keys are the options of `check`, and the options' own
readers take their values, so that the two cannot drift apart."""

import os
import re
import tomllib
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

from wizard.cli.options import target_of, target_parser
from wizard.model.parse import check_url
from wizard.model.target import LOCAL, Source, Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import NotRegularError, describe_read_error, open_regular, read_regular

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOLLAR = re.compile(rf"\$\$|{_VARIABLE.pattern}|\$\{{|\$[A-Z][A-Z0-9_]*(?![A-Za-z0-9_])")
"""What begins with a dollar and is not to be taken as it is."""


def literal(word: str) -> str:
    """The word, in which nothing is filled in. Raises `UsageError` where that was expected: sent
    as it stands, the answer would be taken for the server's fault."""
    if found := _VARIABLE.search(word):
        raise UsageError(
            f"{safe(found[0], 60)} is not filled in here: only the value of a header is taken from "
            "the environment"
        )
    return word


def filled_in(word: str) -> str:
    """A header with `${NAME}` in its value taken from the environment, so that the file itself
    can be committed, and `$$` as a dollar. No complaint shows a value, nor a part of one.

    Raises:
        UsageError: A variable is not set, is empty, or is written otherwise.
    """
    name, colon, value = word.partition(":")
    return f"{name}{colon}{_DOLLAR.sub(_from_environment, value)}"


def _from_environment(found: re.Match[str]) -> str:
    if found[0] == "$$":
        return "$"
    if found[1] is None:
        raise UsageError("a variable of the environment is written as ${NAME}, a dollar as $$")
    if not (value := os.environ.get(found[1], "")):
        raise UsageError(f"the environment variable {safe(found[1], 60)} is not set, or is empty")
    return value


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
    try:
        raw = read_regular(path, LIMIT)
    except OSError as error:
        raise _unreadable(file, error) from None
    if len(raw) > LIMIT:
        raise UsageError(f"{file}: larger than {LIMIT >> 20} MiB, so not read")
    return raw


def _unreadable(name: str, error: OSError) -> UsageError:
    is_directory = isinstance(error, NotRegularError) and error.kind == "a directory"
    return UsageError(f"{name}: {'a directory' if is_directory else describe_read_error(error)}")


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

MOST = 500
"""How many targets one file may list."""
_NAME = 200


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """A target and what reports call it: its `name`, else its URL; no two are called the same."""

    name: str
    target: Target


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the file, how a complaint names it (`targets.toml: target 'prod'`), and the keys
    that only such a table has."""

    where: str
    values: Mapping[str, object]
    own: tuple[str, ...] = ()


def read_targets(given: Namespace) -> tuple[NamedTarget, ...]:
    """The targets of the file `--targets`; what stands beside that holds for all of them.

    Raises:
        UsageError: In one sentence with the file, the target's name and the key.
    """
    if given.url is not None:
        raise UsageError("a URL and --targets exclude each other: put the URL into the file")
    file = safe(given.targets, 200)
    defaults, listed = tables(read_toml(given.targets, file), file)
    if not listed:
        raise UsageError(f"{file}: it lists no [[target]]")
    if len(listed) > MOST:
        raise UsageError(f"{file}: {len(listed)} targets; at most {MOST} can be checked at once")
    common = _Table(f"{file}: [defaults]", defaults)
    base = _laid(given, common)
    known = dict[str, NamedTarget]()
    for number, values in enumerate(listed, 1):
        table = _Table(f"{file}: target {_called(values, number)}", values, ("url", "name"))
        one = _named(table, common, base, os.path.dirname(given.targets))
        if one.name in known:
            raise UsageError(f"{table.where}: name: another target is called {one.name!r} already")
        known[one.name] = one
    return tuple(known.values())


def check_files(file: str, targets: Iterable[NamedTarget]) -> None:
    """Raise `UsageError` where a config or a log on this machine is not there to be read: in what
    runs on a schedule that is a mistake in the list, and nobody sees what is found without it."""
    for one in targets:
        for key, place in (("conf", one.target.conf), *(("log", log) for log in one.target.logs)):
            if place is not None and _is_file_here(place):
                with _blaming(f"{safe(file, 200)}: target {one.name!r}: {key}"):
                    _check_readable(place.locator)


def _check_readable(path: str) -> None:
    try:
        open_regular(path).close()
    except OSError as error:
        raise _unreadable(safe(path, 300), error) from None


def _called(values: Mapping[str, object], number: int) -> str:
    """The target as its writer would find it again, whatever else is wrong with it."""
    called = values.get("name", values.get("url"))
    return repr(safe(called, _NAME)) if isinstance(called, str) and called else str(number)


def _named(table: _Table, common: _Table, base: Namespace, folder: str) -> NamedTarget:
    words = _laid(base, table)
    words.url, name = _string(table, "url"), _string(table, "name")
    given = {key: common for key in common.values} | {key: table for key in table.values}
    for key in sorted(given.keys() & KEYS.keys(), key=_vantages_first):
        _check_alone(given[key], key, words)
    with _blaming(f"{table.where}: url"):
        check_url(words.url)
    with _blaming(table.where):
        target = target_of(words)
    if target.conf is not None and target.conf.locator == "-":
        raise UsageError(f"{table.where}: conf: standard input is one, and cannot serve many")
    if target.conf is not None and "conf" in given:
        target = replace(target, conf=_beside(folder, target.conf))
    if "log" in given:
        target = replace(target, logs=tuple(_beside(folder, one) for one in target.logs))
    return NamedTarget(safe(name or target.url, _NAME), target)


def _string(table: _Table, key: Literal["url", "name"]) -> str:
    """Only a name can be left out."""
    value = table.values.get(key, "" if key == "name" else None)
    if value is None:
        raise UsageError(f"{table.where}: url: none is given")
    if not isinstance(value, str) or (key in table.values and not value.strip()):
        raise UsageError(f"{table.where}: {key}: a string is wanted, and not an empty one")
    with _blaming(f"{table.where}: {key}"):
        return literal(value.strip())


def _beside(folder: str, place: Source) -> Source:
    """A path on this machine, taken from the file's own folder: the file may be run from anywhere,
    and no shell has read its `~`."""
    if not _is_file_here(place):
        return place
    return replace(place, locator=os.path.join(folder, os.path.expanduser(place.locator)))


def _is_file_here(place: Source) -> bool:
    return place.vantage == LOCAL and not place.command and bool(place.locator)


def _vantages_first(key: str) -> tuple[bool, str]:
    """What else names a vantage is wrong only where that itself is right."""
    return key != "vantage", key


def _laid(base: Namespace, table: _Table) -> Namespace:
    """The options with those of the table in place of the same ones before."""
    made, parser = copy(base), target_parser()
    for key, value in table.values.items():
        if key in table.own:
            continue
        if key not in KEYS:
            known = near(key, (*KEYS, *table.own))
            raise UsageError(f"{table.where}: {safe(key, 60)}: no such key{known}")
        with _blaming(f"{table.where}: {key}", key):
            words = option_words(key, value)
            setattr(made, KEYS[key].dest, parser.get_default(KEYS[key].dest))
            parser.parse_args(words, made)
    return made


def _check_alone(table: _Table, key: str, words: Namespace) -> None:
    """Read one option without the others, so that a complaint about it can name it."""
    alone = target_parser().parse_args([])
    alone.url, alone.vantage = "http://localhost/", words.vantage
    setattr(alone, KEYS[key].dest, getattr(words, KEYS[key].dest))
    with _blaming(f"{table.where}: {key}", key):
        target_of(alone)


@contextmanager
def _blaming(where: str, key: str = "") -> Iterator[None]:
    """Whatever is wrong inside is said with its place; what the options say of themselves on the
    command line is left out."""
    try:
        yield
    except UsageError as error:
        said = str(error).partition(" (see ssewizard ")[0]
        for prefix in (f"argument --{key}: ", f"--{key} "):
            said = said.removeprefix(prefix)
        raise UsageError(f"{where}: {said}") from None

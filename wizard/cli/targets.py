"""A list of targets in a TOML file. Its keys are the options of `check`, and the options' own
readers take their values, so that the two cannot drift apart."""

import os
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from typing import Literal

from wizard.cli.environment import literal
from wizard.cli.options import target_of, target_parser
from wizard.cli.places import check_url
from wizard.cli.regular import open_regular
from wizard.cli.toml import KEYS, near, option_words, read_toml, tables
from wizard.errors import UsageError
from wizard.target import LOCAL, Place, Target
from wizard.text import safe

MOST = 500
"""How many targets one file may list."""
_NAME = 200


@dataclass(frozen=True, slots=True)
class Named:
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


def read_targets(given: Namespace) -> tuple[Named, ...]:
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
    known = dict[str, Named]()
    for number, values in enumerate(listed, 1):
        table = _Table(f"{file}: target {_called(values, number)}", values, ("url", "name"))
        one = _named(table, common, base, os.path.dirname(given.targets))
        if one.name in known:
            raise UsageError(f"{table.where}: name: another target is called {one.name!r} already")
        known[one.name] = one
    return tuple(known.values())


def check_files(file: str, targets: Iterable[Named]) -> None:
    """Raise `UsageError` where a config or a log on this machine is not there to be read: in what
    runs on a schedule that is a mistake in the list, and nobody sees what is found without it."""
    for one in targets:
        for key, place in (("conf", one.target.conf), *(("log", log) for log in one.target.logs)):
            if place is not None and _is_file_here(place):
                with _blaming(f"{safe(file, 200)}: target {one.name!r}: {key}"):
                    os.close(open_regular(place.what, safe(place.what, 300)))


def _called(values: Mapping[str, object], number: int) -> str:
    """The target as its writer would find it again, whatever else is wrong with it."""
    called = values.get("name", values.get("url"))
    return repr(safe(called, _NAME)) if isinstance(called, str) and called else str(number)


def _named(table: _Table, common: _Table, base: Namespace, folder: str) -> Named:
    words = _laid(base, table)
    words.url, name = _string(table, "url"), _string(table, "name")
    given = {key: common for key in common.values} | {key: table for key in table.values}
    for key in sorted(given.keys() & KEYS.keys(), key=_vantages_first):
        _check_alone(given[key], key, words)
    with _blaming(f"{table.where}: url"):
        check_url(words.url)
    with _blaming(table.where):
        target = target_of(words)
    if target.conf is not None and target.conf.what == "-":
        raise UsageError(f"{table.where}: conf: standard input is one, and cannot serve many")
    if target.conf is not None and "conf" in given:
        target = replace(target, conf=_beside(folder, target.conf))
    if "log" in given:
        target = replace(target, logs=tuple(_beside(folder, one) for one in target.logs))
    return Named(safe(name or target.url, _NAME), target)


def _string(table: _Table, key: Literal["url", "name"]) -> str:
    """Only a name can be left out."""
    value = table.values.get(key, "" if key == "name" else None)
    if value is None:
        raise UsageError(f"{table.where}: url: none is given")
    if not isinstance(value, str) or (key in table.values and not value.strip()):
        raise UsageError(f"{table.where}: {key}: a string is wanted, and not an empty one")
    with _blaming(f"{table.where}: {key}"):
        return literal(value.strip())


def _beside(folder: str, place: Place) -> Place:
    """A path on this machine, taken from the file's own folder: the file may be run from anywhere,
    and no shell has read its `~`."""
    if not _is_file_here(place):
        return place
    return replace(place, what=os.path.join(folder, os.path.expanduser(place.what)))


def _is_file_here(place: Place) -> bool:
    return place.vantage == LOCAL and not place.command and bool(place.what)


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

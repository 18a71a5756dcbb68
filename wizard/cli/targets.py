"""Read a list of targets from a TOML file: `[defaults]` and one `[[target]]` for each."""

import os
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Literal

from wizard.cli.local_files import is_local_file, require_files
from wizard.cli.options import make_target_parser, target_of
from wizard.cli.parser import OptionError
from wizard.cli.target_keys import KEYS, option_words, require_literal, suggestion
from wizard.cli.toml_file import read_toml
from wizard.model.body import STDIN
from wizard.model.parse import check_url, shown_place
from wizard.model.target import Source, Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

MAX_TARGETS = 500
MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """A target with its name in reports: the key `name`, else its URL. Names are unique."""

    name: str
    target: Target


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the file.

    Attributes:
        where: Its name in messages: `targets.toml: target 'prod'`.
        own_keys: The keys that are no options of the command line.
    """

    where: str
    values: Mapping[str, object]
    own_keys: tuple[str, ...] = ()


def read_targets(options: Namespace) -> tuple[NamedTarget, ...]:
    """The targets of the file `--targets`; the other options apply to all of them.

    Raises `UsageError` in one sentence, with the file, the target's name and the key.
    """
    if options.url is not None:
        raise UsageError(tr("pass a URL or --targets, not both: put the URL into the file"))
    file = safe(options.targets, 200)
    default_values, tables = _split_tables(read_toml(options.targets, file), file)
    if not tables:
        raise UsageError(tr("{file}: it lists no [[target]]", file=file))
    if len(tables) > MAX_TARGETS:
        raise UsageError(
            tr(
                "{file}: {count} targets; at most {max_targets} can be checked",
                file=file,
                count=len(tables),
                max_targets=MAX_TARGETS,
            )
        )
    defaults = _Table(f"{file}: [defaults]", default_values)
    base = _overlay(options, defaults)
    folder = os.path.dirname(options.targets)
    targets = dict[str, NamedTarget]()
    for number, values in enumerate(tables, 1):
        table = _Table(
            tr("{file}: target {label}", file=file, label=_label(values, number)),
            values,
            ("url", "name"),
        )
        named = _named_target(table, defaults, base, folder)
        if named.name in targets:
            raise UsageError(
                tr(
                    "{where}: name: another target has the name {name!r}",
                    where=table.where,
                    name=named.name,
                )
            )
        targets[named.name] = named
    return tuple(targets.values())


def check_files(file: str, targets: Iterable[NamedTarget]) -> None:
    """Raise `UsageError` if a config or a log on this machine cannot be read.

    A scheduled run would otherwise report without it every time, and nobody would notice.
    """
    for named in targets:
        require_files(
            named.target, tr("{file}: target {name!r}", file=safe(file, 200), name=named.name)
        )


def _split_tables(
    data: Mapping[str, Any], file: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`[defaults]` and each `[[target]]`. Raises `UsageError` for anything else."""
    for key in data:
        if key not in ("defaults", "target"):
            raise UsageError(f"{file}: {safe(key, 60)}: {_misplaced(key, data[key])}")
    defaults, tables = data.get("defaults", {}), data.get("target", [])
    if not isinstance(defaults, dict):
        raise UsageError(tr("{file}: defaults: must be a table: [defaults]", file=file))
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(
            tr("{file}: target: must be tables: write [[target]] before each", file=file)
        )
    return defaults, tables


def _misplaced(key: str, value: object) -> str:
    """What is wrong with a key outside all tables."""
    if key in KEYS and isinstance(value, dict):
        return tr("this table belongs to [defaults] or to a [[target]]: [defaults.{key}]", key=key)
    if key in KEYS:
        return tr("put this key below [defaults], or below the [[target]] that it belongs to")
    if key in ("url", "name"):
        return tr("put this key below the [[target]] that it belongs to")
    return tr("no such table{hint}", hint=suggestion(key, ("defaults", "target", *KEYS)))


def _label(values: Mapping[str, object], number: int) -> str:
    """The target's name in messages, even if its table is wrong: its name, URL or number."""
    name = values.get("name", values.get("url"))
    is_named = isinstance(name, str) and name
    return repr(shown_place(str(name), MAX_NAME_CHARS)) if is_named else str(number)


def _named_target(table: _Table, defaults: _Table, base: Namespace, folder: str) -> NamedTarget:
    options = _overlay(base, table)
    options.url, name = _string(table, "url"), _string(table, "name")
    tables = dict.fromkeys(defaults.values, defaults) | dict.fromkeys(table.values, table)
    if any(part in STDIN for part in options.data):
        raise UsageError(
            tr("{where}: data: standard input cannot be read for many targets", where=table.where)
        )
    if "data" in tables:
        options.data = [_data_relative_to(folder, part) for part in options.data]
    # First the vantages: an error in one must not be reported for a key that refers to it.
    for key in sorted(tables.keys() & KEYS.keys(), key=lambda key: (key != "vantage", key)):
        _check_alone(tables[key], key, options)
    with _errors_at(f"{table.where}: url"):
        check_url(options.url)
    with _errors_at(table.where):
        target = target_of(options)
    if target.conf is not None and target.conf.locator == "-":
        raise UsageError(
            tr("{where}: conf: standard input cannot be read for many targets", where=table.where)
        )
    if target.conf is not None and "conf" in tables:
        target = replace(target, conf=_relative_to(folder, target.conf))
    if "log" in tables:
        target = replace(target, logs=tuple(_relative_to(folder, log) for log in target.logs))
    return NamedTarget(safe(name or target.url, MAX_NAME_CHARS), target)


def _string(table: _Table, key: Literal["url", "name"]) -> str:
    """The value of the key; empty if the name is left out. Raises `UsageError`."""
    where, value = f"{table.where}: {key}", table.values.get(key)
    if value is None:
        if key == "name":
            return ""
        raise UsageError(tr("{where}: it is missing", where=where))
    if not isinstance(value, str) or not value.strip():
        raise UsageError(tr("{where}: must be a string, and not an empty one", where=where))
    with _errors_at(where):
        return require_literal(value.strip())


def _relative_to(folder: str, source: Source) -> Source:
    """Resolve a local path: relative paths start at the file's folder, `~` is replaced."""
    if not is_local_file(source):
        return source
    return replace(source, locator=os.path.join(folder, os.path.expanduser(source.locator)))


def _data_relative_to(folder: str, part: str) -> str:
    """The value of `data` with the path of its `@FILE` resolved in the same way."""
    is_file = part.startswith("@") and len(part) > 1
    return f"@{os.path.join(folder, os.path.expanduser(part[1:]))}" if is_file else part


def _overlay(base: Namespace, table: _Table) -> Namespace:
    """A copy of the options with the values of the table."""
    options, parser = copy(base), make_target_parser()
    for key, value in table.values.items():
        if key in table.own_keys:
            continue
        if key not in KEYS:
            hint = suggestion(key, (*KEYS, *table.own_keys))
            raise UsageError(
                tr(
                    "{where}: {key}: no such key{hint}",
                    where=table.where,
                    key=safe(key, 60),
                    hint=hint,
                )
            )
        with _errors_at(f"{table.where}: {key}", key):
            words = option_words(key, value)
            setattr(options, KEYS[key].dest, parser.get_default(KEYS[key].dest))
            parser.parse_args(words, options)
    return options


def _check_alone(table: _Table, key: str, options: Namespace) -> None:
    """Parse one option without the others, so that an error names its key."""
    alone = make_target_parser().parse_args([])
    alone.url, alone.vantage = "https://localhost/", options.vantage
    setattr(alone, KEYS[key].dest, getattr(options, KEYS[key].dest))
    with _errors_at(f"{table.where}: {key}", key):
        target_of(alone)


@contextmanager
def _errors_at(where: str, key: str = "") -> Iterator[None]:
    """Put the place before a `UsageError`, and remove its hints on the command line."""
    try:
        yield
    except UsageError as error:
        message = error.reason if isinstance(error, OptionError) else str(error)
        message = message.partition(" (see ssewizard ")[0]
        for prefix in (f"argument --{key}: ", f"--{key} "):
            message = message.removeprefix(prefix)
        raise UsageError(f"{where}: {message}") from None

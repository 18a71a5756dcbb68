"""A record as the text of a case file, and back."""

import json
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from wizard import __version__
from wizard.investigation.casefile.configs import Shelf
from wizard.investigation.casefile.decode import Misread, Reader
from wizard.investigation.casefile.encode import Json, encode
from wizard.investigation.casefile.record import Record
from wizard.investigation.casefile.redaction import Hiding
from wizard.investigation.casefile.validate import CHECKS
from wizard.model.case import Case
from wizard.model.target import Target
from wizard.text.errors import UsageError
from wizard.text.text import safe

SCHEMA = "ssewizard.case/2"
_FAMILY = SCHEMA.partition("/")[0]
_REPORTS = ("ssewizard.report", "ssewizard.inspect")


def dump(record: Record) -> str:
    """The text of a case file, in ASCII, without any secret."""
    shelf = Shelf()
    stamped = replace(record, saved=record.saved or time.time(), tool=__version__, notes=())
    body = encode(stamped, Record, shelf.writers)
    whole = {"schema": SCHEMA, "configs": shelf.written(), **body}
    plain = _plain(record.case)
    hidden = Hiding(json.dumps(whole)).hide(whole, plain)
    return json.dumps(hidden, indent=1, allow_nan=False) + "\n"


def _plain(case: Case) -> frozenset[str]:
    """What a case is about: hosts, paths, names of files."""
    target = case.target
    urls = [target.url, *(place.what for place in target.direct)]
    urls += [hop.place.what for hop in target.hops]
    about = {f"{urlsplit(url).hostname}{urlsplit(url).path}" for url in urls}
    places = (*target.logs, *filter(None, [target.conf]))
    files = {place.what for place in places if not place.command}
    return frozenset(about | files | {place.name for place in target.vantages})


def load(text: str, name: str, *, configs: bool = True) -> Record:
    """The record in the text of a case file.

    Args:
        name: What to call the file.
        configs: Whether its configs are read too; without, it holds no site.

    Raises:
        UsageError: In one sentence, with the place in the file.
    """
    try:
        return _record(_parsed(text), configs=configs)
    except RecursionError:
        raise UsageError(f"{safe(name, 200)}: not a case file: nested too deeply") from None
    except Misread as error:
        raise UsageError(f"{safe(name, 200)}: not a case file: {safe(str(error), 300)}") from None


def _parsed(text: str) -> dict[str, Json]:
    try:
        # A number of a million digits is refused by Python itself.
        whole = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except ValueError as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise Misread(where, f"no JSON: {reason}") from None
    if not isinstance(whole, dict):
        raise Misread("", "no JSON object")
    return whole


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise Misread("", f"{twice[:40]!r} stands twice in one object")
    return made


def _constant(word: str) -> None:
    raise Misread("", f"{word} is no number")


def _record(whole: dict[str, Json], *, configs: bool) -> Record:
    _must_be_known(whole.pop("schema", None))
    shelf = Shelf(closed=not configs)
    reader = Reader(shelf.makers, CHECKS)
    shelf.fill(whole.pop("configs", []), reader)
    whole.pop("notes", None)
    record: Record = reader.read(whole, Record)
    return replace(record, notes=(*_unknown(reader.unknown), *_left_out(record.case.target)))


def _must_be_known(schema: object) -> None:
    if schema == SCHEMA:
        return
    if isinstance(schema, str) and schema.partition("/")[0] == _FAMILY:
        raise Misread("schema", f"{schema[:60]} is of another version; this one reads {SCHEMA}")
    if isinstance(schema, str) and schema.startswith(_REPORTS):
        raise Misread("schema", "this is a report, not a case: check --save FILE keeps a case")
    raise Misread("schema", f"it must be {SCHEMA}")


def _unknown(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (
        f"The case file holds what this version does not know, left aside: "
        f"{safe(', '.join(names[:3]), 200)}{more}.",
    )


def _left_out(target: Target) -> tuple[str, ...]:
    names = [name for name, value in target.headers if value.startswith("[redacted")]
    if not names:
        return ()
    said = safe(", ".join(names), 200)
    return (
        f"The values of these headers are not in a case file: {said}; to ask again with them, "
        "open it with --header 'Name: value'.",
    )

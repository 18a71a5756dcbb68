"""Read a case file: a regular file of bounded size; every mistake is named with its place."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from wizard.investigation.casefile.configs import CaseConfigs
from wizard.investigation.casefile.decode import Decoder, Misread
from wizard.investigation.casefile.encode import Json
from wizard.investigation.casefile.record import SCHEMA, CaseRecord
from wizard.investigation.casefile.validate import CHECKS
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import describe_read_error, read_regular

MAX_FILE_BYTES = 64 << 20
_FAMILY = SCHEMA.partition("/")[0]
_REPORTS = ("ssewizard.report", "ssewizard.inspect")


def read(path: str | Path, *, configs: bool = True) -> CaseRecord:
    """The record in a file. Raises `UsageError` in one sentence, with the place in the file.

    Without `configs` it is faster: configs and all that was resolved from them are left out.
    """
    try:
        data = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{safe(str(path), 200)}: {describe_read_error(error)}") from None
    return read_bytes(data, str(path), configs=configs)


def read_bytes(data: bytes, name: str, *, configs: bool = True) -> CaseRecord:
    """The record in the bytes of a case file; `name` is used in messages. Raises `UsageError`."""
    shown = safe(name, 200)
    if len(data) > MAX_FILE_BYTES:
        raise UsageError(f"{shown}: not a case file: larger than {MAX_FILE_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")  # some editors put a byte order mark before it
    except UnicodeDecodeError:
        raise UsageError(f"{shown}: not a case file: not a text") from None
    return load(text, name, configs=configs)


def load(text: str, name: str, *, configs: bool = True) -> CaseRecord:
    """The record in the text of a case file; see `read`. Raises `UsageError`."""
    try:
        return _record(_parse(text), configs=configs)
    except RecursionError:
        raise UsageError(f"{safe(name, 200)}: not a case file: nested too deeply") from None
    except Misread as error:
        raise UsageError(f"{safe(name, 200)}: not a case file: {safe(str(error), 300)}") from None


def _parse(text: str) -> dict[str, Json]:
    try:
        # Python refuses a number of more than 4300 digits with a ValueError.
        document = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except ValueError as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise Misread(where, f"not JSON: {reason}") from None
    if not isinstance(document, dict):
        raise Misread("", "not a JSON object")
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Json]:
    keys = [key for key, _ in pairs]
    if twice := next((key for at, key in enumerate(keys) if key in keys[:at]), None):
        raise Misread("", f"{twice[:40]!r} stands twice in one object")
    return dict(pairs)


def _no_constant(word: str) -> None:
    raise Misread("", f"{word} is not a number")


def _record(document: dict[str, Json], *, configs: bool) -> CaseRecord:
    _check_schema(document.pop("schema", None))
    store = CaseConfigs(skip=not configs)
    decoder = Decoder(store.decoders, CHECKS)
    store.load(document.pop("configs", []), decoder)
    document.pop("notes", None)
    record: CaseRecord = decoder.read(document, CaseRecord)
    notes = (*_note_on_unknown_fields(decoder.unknown), *_notes_on_secrets(record.case.target))
    return replace(record, notes=notes)


def _check_schema(schema: object) -> None:
    if schema == SCHEMA:
        return
    if isinstance(schema, str) and schema.partition("/")[0] == _FAMILY:
        problem = f"{schema[:60]} is of another version; this version reads {SCHEMA}"
        raise Misread("schema", problem)
    if isinstance(schema, str) and schema.startswith(_REPORTS):
        raise Misread("schema", "this is a report, not a case: check --save FILE keeps a case")
    raise Misread("schema", f"it must be {SCHEMA}")


def _note_on_unknown_fields(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    first = safe(", ".join(names[:3]), 200)
    return (f"Fields that this version does not know were ignored: {first}{more}.",)


def _notes_on_secrets(target: Target) -> tuple[str, ...]:
    """Notes on what the file leaves out of the stream's request."""
    names = [name for name, value in target.headers if value.startswith("[redacted")]
    notes = []
    if names:
        notes.append(
            f"The values of these headers are not in a case file: {safe(', '.join(names), 200)}; "
            "to send them again, open it with --header 'Name: value'."
        )
    if target.body:
        notes.append(
            "The body of the request is not in a case file; to send it again, open it with "
            "--data BODY."
        )
    return tuple(notes)

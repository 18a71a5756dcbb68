"""Read a case file: a regular file of bounded size; every mistake is named with its place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from wizard.investigation.casefile.configs import CaseConfigs, with_configs
from wizard.investigation.casefile.decode import MAX_FILE_BYTES, Misread, check_bounds, decode
from wizard.investigation.casefile.record import (
    READABLE_SCHEMAS,
    SCHEMA,
    CaseRecord,
    CaseSummary,
)
from wizard.investigation.casefile.validate import check
from wizard.model.target import Target
from wizard.text.display import comma_list, safe
from wizard.text.errors import UsageError
from wizard.text.files import describe_read_error, read_regular
from wizard.text.messages import tr

_FAMILY = SCHEMA.partition("/")[0]
_REPORTS = ("ssewizard.report", "ssewizard.inspect")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Value = TypeVar("_Value")


def read(path: str | Path) -> CaseRecord:
    """The record in a file. Raises `UsageError` in one sentence, with the place in the file."""
    return read_bytes(_bytes_of(path), str(path))


def read_summary(path: str | Path) -> CaseSummary:
    """What the wizard offers a case with; the rest of the file is not decoded, so that a large or
    broken file does not hold up its start. Raises `UsageError`."""
    return _read_with(_summary, _bytes_of(path), str(path))


def read_bytes(data: bytes, name: str) -> CaseRecord:
    """The record in the bytes of a case file; `name` is used in messages. Raises `UsageError`."""
    return _read_with(_record, data, name)


def load(text: str, name: str) -> CaseRecord:
    """The record in the text of a case file; see `read_bytes`. Raises `UsageError`."""
    return read_bytes(text.encode("utf-8", "surrogatepass"), name)


def _bytes_of(path: str | Path) -> bytes:
    try:
        return read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{safe(str(path), 200)}: {describe_read_error(error)}") from None


def _read_with(decode_it: Callable[[bytes], _Value], data: bytes, name: str) -> _Value:
    try:
        check_bounds(data)
        # Some editors put a byte order mark before a text.
        return decode_it(data.removeprefix(_BYTE_ORDER_MARK))
    except Misread as error:
        raise UsageError(
            tr(
                "{name}: not a case file: {error}",
                name=safe(name, 200),
                error=safe(str(error), 300),
            )
        ) from None


def _record(data: bytes) -> CaseRecord:
    _check_schema(decode(data, _Schema).schema)
    record, stored = decode(data, CaseRecord), decode(data, CaseConfigs)
    check(record)
    check(stored)
    case = with_configs(record.case, stored)
    return replace(record, case=case, notes=_notes_on_secrets(case.target))


def _summary(data: bytes) -> CaseSummary:
    _check_schema(decode(data, _Schema).schema)
    summary = decode(data, CaseSummary)
    check(summary)
    return summary


@dataclass(frozen=True, slots=True)
class _Schema:
    schema: Any = None


def _check_schema(schema: object) -> None:
    if schema in READABLE_SCHEMAS:
        return
    if isinstance(schema, str) and schema.partition("/")[0] == _FAMILY:
        problem = tr(
            "{found} is of another version; this version reads {known}",
            found=schema[:60],
            known=SCHEMA,
        )
        raise Misread("schema", problem)
    if isinstance(schema, str) and schema.startswith(_REPORTS):
        raise Misread("schema", tr("this is a report, not a case: check --save FILE keeps a case"))
    raise Misread("schema", tr("it must be {schema}", schema=SCHEMA))


def _notes_on_secrets(target: Target) -> tuple[str, ...]:
    """Notes on what the file leaves out of the stream's request."""
    names = [name for name, value in target.headers if value.startswith("[redacted")]
    notes = []
    if names:
        notes.append(
            tr(
                "The values of these headers are not in a case file: {names}; to send them again, "
                "open it with --header 'Name: value'.",
                names=safe(comma_list(names), 200),
            )
        )
    if target.body:
        notes.append(
            tr(
                "The body of the request is not in a case file; to send it again, open it with "
                "--data BODY."
            )
        )
    return tuple(notes)

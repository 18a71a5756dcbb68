"""Decode the JSON of a case file into the model's frozen values, in bounded time and memory.

`msgspec` checks every value against the type hints of its field, and builds nothing for the fields
that the type does not have. It is imported only here, when a case is read.
"""

import re
from typing import Any, TypeVar

from wizard.investigation.casefile.encode import TAG
from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.text.display import comma_list
from wizard.text.errors import UsageError
from wizard.text.messages import tr

MAX_FILE_BYTES = 16 << 20
"""The largest case file: with 2000 locations, fifty probes of a chatty stream and logs, a case has
some 4 MB. A text with one wide character takes four times this in memory."""
MAX_DEPTH = 64
"""How deep values may nest."""
MAX_MARKS = 500_000
"""How many commas and brackets a file may have outside of texts: each value needs one, and a value
takes up to 100 bytes in memory."""

_MARK = re.compile(
    rb"""[^"\[\]{},]*+  # a number, a word, a colon
    (?:"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)[^"\[\]{},]*+)*+  # texts
    ([\[\]{},]|\Z)""",
    re.DOTALL | re.VERBOSE,
)
_PLACE = re.compile(r"(?s)(.*) - at (?:`key` in )?`\$\.?([^`]*)`")
_ITEM_KINDS: dict[str, type[StreamItem]] = {
    kind.__name__: kind for kind in (SseEvent, Comment, Excess)
}
_Value = TypeVar("_Value")


class Misread(UsageError):
    """A value that is not allowed where it stands; the message begins with its place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where or tr('the document')}: {problem}")


def check_bounds(data: bytes) -> None:
    """Check size, depth and number of values before anything is built. Raises `Misread`."""
    if len(data) > MAX_FILE_BYTES:
        raise Misread(
            "", tr("larger than {max_file_bytes} MiB", max_file_bytes=MAX_FILE_BYTES >> 20)
        )
    depth = 0
    for count, match in enumerate(_MARK.finditer(data)):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(match[1], 0)
        if depth > MAX_DEPTH:
            raise Misread(
                "", tr("nested too deeply, more than {max_depth} levels", max_depth=MAX_DEPTH)
            )
        if count > MAX_MARKS:
            raise Misread("", tr("more than {max_marks:,} values", max_marks=MAX_MARKS))


def decode(data: bytes, kind: type[_Value]) -> _Value:
    """Return the JSON object as this dataclass; fields that it does not have are skipped.

    Of a key that stands twice the last one counts. Raises `Misread`.
    """
    import msgspec

    try:
        value: _Value = msgspec.json.decode(data, type=kind, dec_hook=_decode_special)
    except msgspec.ValidationError as error:
        raise Misread(*_place_and_problem(str(error))) from None
    except msgspec.DecodeError as error:
        raise Misread("", tr("not JSON: {error}", error=error)) from None
    except UnicodeDecodeError:
        raise Misread("", tr("not a text in UTF-8")) from None
    except RecursionError:
        raise Misread("", tr("nested too deeply")) from None
    return value


def _decode_special(kind: type, value: Any) -> object:
    """Decode what is no dataclass. Raises `ValueError`, to which msgspec adds the place."""
    import msgspec

    if kind is not StreamItem:
        raise NotImplementedError(kind)
    name = value.get(TAG) if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in _ITEM_KINDS:
        raise ValueError(
            tr(
                "its {tag!r} is not one of {item_kinds}",
                tag=TAG,
                item_kinds=comma_list(_ITEM_KINDS),
            )
        )
    try:
        return msgspec.convert(value, _ITEM_KINDS[name])
    except msgspec.ValidationError as error:
        raise ValueError(": ".join(filter(None, _place_and_problem(str(error))))) from None


def _place_and_problem(message: str) -> tuple[str, str]:
    """The two parts of msgspec's message, in one line and without values of the file."""
    match = _PLACE.fullmatch(message)
    problem, where = (match[1], match[2]) if match else (message, "")
    if problem.startswith("Invalid enum value"):
        problem = tr("not one of the values that are allowed here")
    problem = problem.replace("`", "")
    return where, problem[:1].lower() + problem[1:]

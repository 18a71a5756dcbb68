"""Decode JSON values by type hints: strict, and with the place of every mistake."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal, Union, get_args, get_origin

from wizard.investigation.casefile.encode import (
    BYTES_CODEC,
    TAG,
    Json,
    dataclasses_in,
    defaults,
    fields,
    union_members,
)
from wizard.text.errors import UsageError

MAX_DEPTH = 64
"""How deep values may nest."""
MAX_NUMBER = 2**53
"""The largest number: a float beyond it cannot represent every integer."""

ValueDecoder = Callable[[Json, "Decoder", str], object]
"""Decodes a class with a JSON form of its own; the last argument is the place in the file."""


class Misread(UsageError):
    """A value that is not allowed where it stands; the message begins with its place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where or 'the document'}: {problem}")


class Decoder:
    """Decodes JSON values by type hints.

    Attributes:
        unknown: The places of fields that no class has; a newer version may have written them.
    """

    def __init__(
        self, decoders: Mapping[type, ValueDecoder], checks: Mapping[type, Callable[[Any], str]]
    ) -> None:
        """Take decoders and checks by class; a check returns what is wrong with a decoded value."""
        self._decoders, self._checks = decoders, checks
        self.unknown: list[str] = []
        self._depth = 0

    def read(self, value: Json, hint: object, where: str = "") -> Any:
        """Return the value as the type `hint`. Raises `Misread` if it is not one."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Misread(where, f"nested deeper than {MAX_DEPTH}")
        try:
            return self._read(value, hint, where)
        finally:
            self._depth -= 1

    def _read(self, value: Json, hint: object, where: str) -> Any:
        if hint in self._decoders:
            return self._decoders[hint](value, self, where)  # type: ignore[index]
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self._read_union(value, hint, where)
        if origin is Literal:
            return _read_literal(value, get_args(hint), where)
        if origin is tuple:
            return self._read_tuple(value, get_args(hint), where)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._read_mapping(value, get_args(hint), where)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return self._read_dataclass(value, hint, where)
        return _read_scalar(value, hint, where)

    def _read_union(self, value: Json, hint: object, where: str) -> Any:
        if value is None and type(None) in union_members(hint):
            return None
        kinds = {kind.__name__: kind for kind in dataclasses_in(hint)}
        if len(kinds) > 1:
            tag = value.get(TAG) if isinstance(value, dict) else None
            if not isinstance(tag, str) or tag not in kinds:
                raise Misread(where, f"its {TAG!r} is none of {', '.join(kinds)}")
            rest = {key: item for key, item in value.items() if key != TAG}
            return self.read(rest, kinds[tag], where)
        members = [member for member in union_members(hint) if member is not type(None)]
        return self.read(value, members[0], where)

    def _read_tuple(self, value: Json, hints: tuple[Any, ...], where: str) -> Any:
        if not isinstance(value, list):
            raise Misread(where, f"{_describe(value)} is not a list")
        if Ellipsis in hints:
            hints = (hints[0],) * len(value)
        if len(hints) != len(value):
            raise Misread(where, f"a list of {len(value)} instead of {len(hints)}")
        pairs = enumerate(zip(value, hints, strict=True))
        return tuple(self.read(item, hint, f"{where}[{at}]") for at, (item, hint) in pairs)

    def _read_mapping(self, value: Json, hints: tuple[Any, ...], where: str) -> Any:
        return {
            self.read(key, hints[0], where): self.read(item, hints[1], f"{where}.{key:.40}")
            for key, item in _object(value, where).items()
        }

    def _read_dataclass(self, value: Json, kind: type, where: str) -> Any:
        hints, values = fields(kind), _object(value, where)
        self.unknown += [_at(where, f"{name:.40}") for name in values if name not in hints]
        missing = [name for name in hints if name not in values and name not in defaults(kind)]
        if missing:
            raise Misread(where, f"{missing[0]!r} is missing")
        present = [name for name in hints if name in values]
        items = {name: self.read(values[name], hints[name], _at(where, name)) for name in present}
        decoded = kind(**items)
        if kind in self._checks and (problem := self._checks[kind](decoded)):
            raise Misread(where, problem)
        return decoded


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _object(value: Json, where: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Misread(where, f"{_describe(value)} is not an object")
    return value


def _read_literal(value: Json, allowed: tuple[object, ...], where: str) -> Any:
    if not isinstance(value, str) or value not in allowed:
        raise Misread(where, f"{_describe(value)} is none of the values that are allowed here")
    return value


def _read_scalar(value: Json, hint: object, where: str) -> Any:
    if hint is bool and isinstance(value, bool):
        return value
    if hint is str and isinstance(value, str):
        # A lone surrogate is replaced: it could not be encoded on output.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if hint is bytes and isinstance(value, str):
        with suppress(UnicodeEncodeError):
            return value.encode(*BYTES_CODEC)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) <= MAX_NUMBER:  # false for NaN
        if hint is float:
            return float(value)
        if hint is int and isinstance(value, int):
            return value
    raise Misread(where, f"{_describe(value)} is not {_TYPE_NAMES.get(hint, 'allowed here')}")


_TYPE_NAMES: Mapping[object, str] = {
    bool: "true or false",
    str: "a text",
    bytes: "a text in UTF-8",
    int: "a whole number",
    float: "a number in the allowed range",
}


def _describe(value: Json) -> str:
    """The value in a few words, however large it is."""
    if isinstance(value, str):
        return repr(value[:40])
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return {None: "null", True: "true", False: "false"}[value]

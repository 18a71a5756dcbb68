"""Encode frozen dataclasses as JSON values, by their type hints alone; `decode.py` reads them.

A field that has its default value is left out, so a field that is added to a model later is
optional on reading. A value of a subclass of its declared type has the class name under `is`.
"""

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

TAG = "is"

Json = Any


def encode(value: object, hint: object) -> Json:
    """Return the value, declared as the type `hint`, as JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        tag = {} if kind in union_members(hint) else {TAG: kind.__name__}
        return tag | _encode_fields(value, kind)
    if isinstance(value, Mapping):
        item_hint = _arguments(hint)[-1]
        return {_encode_text(str(key)): encode(item, item_hint) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        hints = _arguments(hint)
        if len(hints) != len(value) or Ellipsis in hints:
            hints = (hints[0],) * len(value)
        pairs = zip(value, hints, strict=True)
        return [encode(item, item_hint) for item, item_hint in pairs]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return _encode_text(value) if isinstance(value, str) else value


def _encode_text(text: str) -> str:
    """The text without lone surrogates, which JSON cannot hold (a path that is not UTF-8)."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _encode_fields(value: object, kind: type) -> dict[str, Json]:
    default, encoded = defaults(kind), dict[str, Json]()
    for name, hint in fields(kind).items():
        field = getattr(value, name)
        if name not in default or field != default[name]:
            encoded[name] = encode(field, hint)
    return encoded


@cache
def fields(kind: type) -> Mapping[str, object]:
    """The fields that a dataclass takes when it is made, with their types."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


@cache
def defaults(kind: type) -> Mapping[str, object]:
    """The fields of a dataclass that may be left out, with their default values."""
    missing, values = dataclasses.MISSING, dict[str, object]()
    for field in dataclasses.fields(kind):
        if field.default_factory is not missing:
            values[field.name] = field.default_factory()
        elif field.default is not missing:
            values[field.name] = field.default
    return values


def union_members(hint: object) -> tuple[object, ...]:
    """The members of a union; any other type is its own only member."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _arguments(hint: object) -> tuple[Any, ...]:
    """The type's arguments; of a union, those of its first member that is a generic container."""
    for member in union_members(hint):
        if get_origin(member) not in (None, Literal):
            return get_args(member)
    return (object,)

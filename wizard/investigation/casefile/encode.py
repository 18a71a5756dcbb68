"""Frozen dataclasses as JSON values, by their type hints alone; `reading` goes the way back.

A field that has its default is left out, so a field that is added to a model later is optional on
reading. Where a union holds several dataclasses, the name of the class stands under `is`.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

TAG = "is"

Json = Any
Writer = Callable[[Any], Json]
"""How a class is written that has a form of its own."""


@cache
def fields(kind: type) -> Mapping[str, object]:
    """The fields that a dataclass is made from, with their types."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind) if one.init}


def members(hint: object) -> tuple[object, ...]:
    """What a union is made of; anything else is its only member."""
    is_union = get_origin(hint) in (Union, types.UnionType)
    return get_args(hint) if is_union else (hint,)


def classes(hint: object) -> tuple[type, ...]:
    """The dataclasses in a union."""
    return tuple(
        one for one in members(hint) if isinstance(one, type) and dataclasses.is_dataclass(one)
    )


def encode(value: object, hint: object, writers: Mapping[type, Writer]) -> Json:
    """A value as JSON; `hint` is the type that its place declares."""
    if type(value) in writers:
        return writers[type(value)](value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        tagged = {TAG: type(value).__name__} if len(classes(hint)) > 1 else {}
        return tagged | _encoded(value, type(value), writers)
    if isinstance(value, Mapping):
        inner = _arguments(hint)[-1]
        return {str(key): encode(one, inner, writers) for key, one in value.items()}
    if isinstance(value, tuple):
        inners = _arguments(hint)
        several = len(inners) == len(value) and Ellipsis not in inners
        return [
            encode(one, inners[place] if several else inners[0], writers)
            for place, one in enumerate(value)
        ]
    return value


def _encoded(value: object, kind: type, writers: Mapping[type, Writer]) -> dict[str, Json]:
    usual, written = defaults(kind), dict[str, Json]()
    for name, hint in fields(kind).items():
        known = getattr(value, name)
        if name not in usual or known != usual[name]:
            written[name] = encode(known, hint, writers)
    return written


@cache
def defaults(kind: type) -> Mapping[str, object]:
    """The fields that may be left out, with what they are then."""
    return {
        one.name: one.default
        if one.default_factory is dataclasses.MISSING
        else one.default_factory()
        for one in dataclasses.fields(kind)
        if one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
    }


def _arguments(hint: object) -> tuple[Any, ...]:
    """The type's arguments; of a union, those of its member that has some and is no literal."""
    for one in members(hint):
        if get_origin(one) not in (None, Literal):
            return get_args(one)
    return (object,)

"""Frozen dataclasses as JSON values and back, by their type hints alone.

A field that has its default is left out, so a field that is added to a model later is optional on
reading. Where a union holds several dataclasses, the name of the class stands under `is`.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from wizard.errors import UsageError

TAG = "is"
DEEPEST = 64
"""How deep values may nest."""
LARGEST = 2**53
"""The largest number: beyond it a float no longer counts in ones."""

Json = Any
Hook = tuple[Callable[[Any], Json], Callable[[Json, "Reader", str], object]]
"""How a class is written and read that has a form of its own."""


class Misread(UsageError):
    """A value that is not what its place calls for; `where` names the place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where or 'the whole'}: {problem}")


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


def encode(value: object, hint: object, hooks: Mapping[type, Hook]) -> Json:
    """A value as JSON; `hint` is the type that its place declares."""
    if type(value) in hooks:
        return hooks[type(value)][0](value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        tagged = {TAG: type(value).__name__} if len(classes(hint)) > 1 else {}
        return tagged | _encoded(value, type(value), hooks)
    if isinstance(value, Mapping):
        inner = _arguments(hint)[-1]
        return {str(key): encode(one, inner, hooks) for key, one in value.items()}
    if isinstance(value, tuple):
        inners = _arguments(hint)
        several = len(inners) == len(value) and Ellipsis not in inners
        return [
            encode(one, inners[place] if several else inners[0], hooks)
            for place, one in enumerate(value)
        ]
    return value


def _encoded(value: object, kind: type, hooks: Mapping[type, Hook]) -> dict[str, Json]:
    defaults, written = _defaults(kind), dict[str, Json]()
    for name, hint in fields(kind).items():
        known = getattr(value, name)
        if name not in defaults or known != defaults[name]:
            written[name] = encode(known, hint, hooks)
    return written


@cache
def _defaults(kind: type) -> Mapping[str, object]:
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


class Reader:
    """Reads JSON values as what their places call for.

    Attributes:
        unknown: The fields that no class here has; a newer version may have written them.
    """

    def __init__(self, hooks: Mapping[type, Hook], checks: Mapping[type, Callable[[Any], str]]):
        self._hooks, self._checks = hooks, checks
        self.unknown: list[str] = []
        self._depth = 0

    def read(self, value: Json, hint: object, where: str = "") -> Any:
        """The value. Raises `Misread` where it is not of that type."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise Misread(where, f"nested deeper than {DEEPEST}")
        try:
            return self._read(value, hint, where)
        finally:
            self._depth -= 1

    def _read(self, value: Json, hint: object, where: str) -> Any:
        if hint in self._hooks:
            return self._hooks[hint][1](value, self, where)  # type: ignore[index]
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self._one_of(value, hint, where)
        if origin is Literal:
            return self._chosen(value, get_args(hint), where)
        if origin is tuple:
            return self._several(value, get_args(hint), where)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._mapped(value, get_args(hint), where)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return self._made(value, hint, where)
        return _plain(value, hint, where)

    def _one_of(self, value: Json, hint: object, where: str) -> Any:
        if value is None and type(None) in members(hint):
            return None
        kinds = {one.__name__: one for one in classes(hint)}
        if len(kinds) > 1:
            tag = value.get(TAG) if isinstance(value, dict) else None
            if not isinstance(tag, str) or tag not in kinds:
                raise Misread(where, f"its {TAG!r} is none of {', '.join(kinds)}")
            rest = {key: one for key, one in value.items() if key != TAG}
            return self.read(rest, kinds[tag], where)
        others = [one for one in members(hint) if one is not type(None)]
        return self.read(value, others[0], where)

    def _chosen(self, value: Json, allowed: tuple[object, ...], where: str) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise Misread(where, f"{_shown(value)} is none of the values that are known here")
        return value

    def _several(self, value: Json, inners: tuple[Any, ...], where: str) -> Any:
        if not isinstance(value, list):
            raise Misread(where, f"{_shown(value)} is no list")
        if Ellipsis in inners:
            inners = (inners[0],) * len(value)
        if len(inners) != len(value):
            raise Misread(where, f"a list of {len(value)} instead of {len(inners)}")
        pairs = enumerate(zip(value, inners, strict=True))
        return tuple(self.read(one, inner, f"{where}[{at}]") for at, (one, inner) in pairs)

    def _mapped(self, value: Json, inners: tuple[Any, ...], where: str) -> Any:
        named = _object(value, where)
        return {
            self.read(key, inners[0], where): self.read(one, inners[1], f"{where}.{key:.40}")
            for key, one in named.items()
        }

    def _made(self, value: Json, kind: type, where: str) -> Any:
        known, named = fields(kind), _object(value, where)
        self.unknown += [_at(where, f"{name:.40}") for name in named if name not in known]
        missing = [one for one in known if one not in named and one not in _defaults(kind)]
        if missing:
            raise Misread(where, f"{missing[0]!r} is missing")
        given = {
            name: self.read(named[name], hint, _at(where, name))
            for name, hint in known.items()
            if name in named
        }
        made = kind(**given)
        if problem := self._checks.get(kind, lambda _: "")(made):
            raise Misread(where, problem)
        return made


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _object(value: Json, where: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Misread(where, f"{_shown(value)} is no object")
    return value


def _plain(value: Json, hint: object, where: str) -> Any:
    if hint is bool and isinstance(value, bool):
        return value
    if hint is str and isinstance(value, str):
        # A lone surrogate could not be written anywhere.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) <= LARGEST:  # which a NaN is not
        if hint is float:
            return float(value)
        if hint is int and isinstance(value, int):
            return value
    raise Misread(where, f"{_shown(value)} is not {_WORDS.get(hint, 'what belongs here')}")


_WORDS: Mapping[object, str] = {
    bool: "true or false",
    str: "a text",
    int: "a whole number",
    float: "a number",
}


def _shown(value: Json) -> str:
    """What was found, in a word or two: it may be of any size."""
    if isinstance(value, str):
        return repr(value[:40])
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return {None: "null", True: "true", False: "false"}[value]

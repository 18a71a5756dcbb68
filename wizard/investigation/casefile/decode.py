"""JSON values as what a type hint calls for: strict, and with the place of what is wrong."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from wizard.investigation.casefile.encode import TAG, Json, classes, defaults, fields, members
from wizard.text.errors import UsageError

MAX_DEPTH = 64
"""How deep values may nest."""
MAX_NUMBER = 2**53
"""The largest number: beyond it a float no longer counts in ones."""

Maker = Callable[[Json, "Decoder", str], object]
"""How a class is read that has a form of its own."""


class Misread(UsageError):
    """A value that is not what its place calls for; `where` names the place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where or 'the whole'}: {problem}")


class Decoder:
    """Reads JSON values as what their places call for.

    Attributes:
        unknown: The fields that no class here has; a newer version may have written them.
    """

    def __init__(self, makers: Mapping[type, Maker], checks: Mapping[type, Callable[[Any], str]]):
        self._makers, self._checks = makers, checks
        self.unknown: list[str] = []
        self._depth = 0

    def read(self, value: Json, hint: object, where: str = "") -> Any:
        """The value. Raises `Misread` where it is not of that type."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Misread(where, f"nested deeper than {MAX_DEPTH}")
        try:
            return self._read(value, hint, where)
        finally:
            self._depth -= 1

    def _read(self, value: Json, hint: object, where: str) -> Any:
        if hint in self._makers:
            return self._makers[hint](value, self, where)  # type: ignore[index]
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
        missing = [one for one in known if one not in named and one not in defaults(kind)]
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
    if is_number and abs(value) <= MAX_NUMBER:  # which a NaN is not
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

"""The codec knows every type that a record is made of, whatever is added to the model."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args, get_origin

import pytest

from tests.screens import investigations
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.investigation.casefile.decode import Decoder, Misread
from wizard.investigation.casefile.encode import encode, fields, union_members
from wizard.model.case import Case
from wizard.model.events import Comment, Excess, SseEvent
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Probe, Timeline


def reachable(hint: object, seen: set[object]) -> Iterator[object]:
    """Every type that a value of this one may hold."""
    if hint in seen:
        return
    seen.add(hint)
    yield hint
    inner: list[object] = [one for one in get_args(hint) if one is not Ellipsis]
    if get_origin(hint) is Literal:
        inner = []
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        inner = list(fields(hint).values())
    for one in inner:
        yield from reachable(one, seen)


def is_known(hint: object) -> bool:
    """Whether the codec can write and read it."""
    several = union_members(hint)
    if len(several) > 1:
        others = [one for one in several if one is not type(None)]
        return len(others) == 1 or all(dataclasses.is_dataclass(one) for one in others)
    plain = hint in (str, int, float, bool, type(None))
    return plain or dataclasses.is_dataclass(hint) or get_origin(hint) in (tuple, Mapping, Literal)


def test_all_that_a_record_is_made_of_can_be_written_and_read() -> None:
    unknown = [one for one in reachable(CaseRecord, set()) if not is_known(one)]
    assert [one for one in unknown if one is not Mapping] == []
    assert RequestResolution in reachable(CaseRecord, set())


def test_each_kind_of_item_comes_back_as_itself() -> None:
    tail = (SseEvent(0.1, "a", "b\u2028\x00é", "c"), Comment(0.2, ""), Excess(1, 2))
    line = replace(Timeline(Probe("root-proxy", investigations.URL)), tail=tail)
    record = CaseRecord(replace(Case(investigations.TARGET), root=line), saved=5.0)
    again = load(dump(record), "case.json")
    assert again.case == record.case
    assert dump(record).isascii()


@dataclass(frozen=True, slots=True)
class Old:
    """As it was."""

    a: int


@dataclass(frozen=True, slots=True)
class New:
    """With a field more."""

    a: int
    b: tuple[float, ...] = (1.0,)
    c: Mapping[str, int | None] = dataclasses.field(default_factory=dict)


def test_a_field_with_a_default_may_be_missing_and_is_left_out() -> None:
    assert Decoder({}, {}).read({"a": 1}, New) == New(1)
    assert encode(New(1), New, {}) == {"a": 1}
    assert encode(New(1, (), {"x": None}), New, {}) == {"a": 1, "b": [], "c": {"x": None}}


def test_a_field_of_later_is_noted() -> None:
    reader = Decoder({}, {})
    assert reader.read({"a": 1, "b": [2]}, Old, "top") == Old(1)
    assert reader.unknown == ["top.b"]


@pytest.mark.parametrize("value", [True, 1.5, "1", None, [1], {}, 2**60, float("nan")])
def test_only_a_whole_number_is_one(value: object) -> None:
    with pytest.raises(Misread, match=r"^top\.a: "):
        Decoder({}, {}).read({"a": value}, Old, "top")

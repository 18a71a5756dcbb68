"""Encode and decode every type that a record contains, whatever is added to the model."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from tests.screens import investigations
from wizard.investigation.casefile import CaseRecord, dump, load
from wizard.investigation.casefile.decode import Decoder, Misread
from wizard.investigation.casefile.encode import encode, fields, union_members
from wizard.model.case import Case
from wizard.model.events import Comment, Excess, SseEvent
from wizard.model.resolution import Request, RequestResolution
from wizard.model.target import Target
from wizard.model.timeline import Probe, Timeline
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request


def reachable(hint: object, visited: set[object]) -> Iterator[object]:
    """Every type that a value of this type may contain."""
    if hint in visited:
        return
    visited.add(hint)
    yield hint
    inner: list[object] = [member for member in get_args(hint) if member is not Ellipsis]
    if get_origin(hint) is Literal:
        inner = []
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        inner = list(fields(hint).values())
    for member in inner:
        yield from reachable(member, visited)


def is_codable(hint: object) -> bool:
    """True if the type can be encoded and decoded."""
    members = union_members(hint)
    if len(members) > 1:
        others = [member for member in members if member is not type(None)]
        return len(others) == 1 or all(dataclasses.is_dataclass(member) for member in others)
    plain = hint in (str, bytes, int, float, bool, type(None))
    return plain or dataclasses.is_dataclass(hint) or get_origin(hint) in (tuple, Mapping, Literal)


def test_every_type_in_a_record_can_be_encoded_and_decoded() -> None:
    unknown = [kind for kind in reachable(CaseRecord, set()) if not is_codable(kind)]
    assert [kind for kind in unknown if kind is not Mapping] == []
    assert RequestResolution in reachable(CaseRecord, set())


def test_each_kind_of_stream_item_is_decoded_as_itself() -> None:
    tail = (SseEvent(0.1, "a", "b\u2028\x00é", "c"), Comment(0.2, ""), Excess(1, 2))
    line = replace(Timeline(Probe("root-proxy", investigations.URL)), tail=tail)
    record = CaseRecord(replace(Case(investigations.TARGET), root=line), saved=5.0)
    decoded = load(dump(record), "case.json")
    assert decoded.case == record.case
    assert dump(record).isascii()


@dataclass(frozen=True, slots=True)
class Old:
    """An older version of a class."""

    a: int


@dataclass(frozen=True, slots=True)
class New:
    """The same class with further fields."""

    a: int
    b: tuple[float, ...] = (1.0,)
    c: Mapping[str, int | None] = dataclasses.field(default_factory=dict)


def test_a_field_with_a_default_may_be_missing_and_is_left_out() -> None:
    assert Decoder({}, {}).read({"a": 1}, New) == New(1)
    assert encode(New(1), New, {}) == {"a": 1}
    assert encode(New(1, (), {"x": None}), New, {}) == {"a": 1, "b": [], "c": {"x": None}}


def test_an_unknown_field_is_noted() -> None:
    reader = Decoder({}, {})
    assert reader.read({"a": 1, "b": [2]}, Old, "top") == Old(1)
    assert reader.unknown == ["top.b"]


@pytest.mark.parametrize("value", [True, 1.5, "1", None, [1], {}, 2**60, float("nan")])
def test_only_a_whole_number_is_decoded_as_one(value: object) -> None:
    with pytest.raises(Misread, match=r"^top\.a: "):
        Decoder({}, {}).read({"a": value}, Old, "top")


@pytest.mark.parametrize("folder", ["nginx", "a [1] b*"])
def test_the_includes_of_a_stored_config_are_found_again(tmp_path: Path, folder: str) -> None:
    base = tmp_path / folder
    (base / "sites").mkdir(parents=True)
    includes = "include ./sites//*.conf; include proxy.conf;"
    (base / "nginx.conf").write_text(f"http {{ {includes} }}")
    (base / "proxy.conf").write_text("proxy_buffering off;")
    for name in ("b", "a"):
        location = "location / { proxy_pass http://127.0.0.1:2; }"
        (base / f"sites/{name}.conf").write_text(f"server {{ server_name {name}; {location} }}")
    resolution = resolve_request(read_config(str(base / "nginx.conf")), Request("/", "b"))
    case = Case(Target("http://h/"), resolution=resolution)
    assert load(dump(CaseRecord(case)), "case.json").case.resolution == resolution

"""Encode and decode every type that a record contains, whatever is added to the model."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from tests.screens import investigations
from wizard.investigation.casefile import CaseRecord, CaseSummary, dump, load
from wizard.investigation.casefile.configs import CaseConfigs
from wizard.investigation.casefile.decode import Misread, decode
from wizard.investigation.casefile.encode import encode, fields
from wizard.model.case import Case
from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.model.probe import Probe
from wizard.model.resolution import Request
from wizard.model.target import Target
from wizard.model.timeline import Timeline
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


@pytest.mark.parametrize("kind", [CaseRecord, CaseConfigs, CaseSummary])
def test_every_type_in_a_record_can_be_decoded(kind: type) -> None:
    with pytest.raises(Misread, match=r"missing required field|resolutions: expected object"):
        decode(b'{"resolutions": 1}', kind)
    assert list(reachable(kind, set())).count(bytes) == (kind is not CaseConfigs)
    assert {StreamItem} <= set(reachable(CaseRecord, set()))


def test_the_body_is_the_only_field_of_bytes() -> None:
    """The writer encodes it."""
    kinds = [kind for kind in reachable(CaseRecord, set()) if dataclasses.is_dataclass(kind)]
    places = [
        (kind, name)
        for kind in kinds
        if isinstance(kind, type)
        for name, hint in fields(kind).items()
        if bytes in reachable(hint, set())
        and not any(map(dataclasses.is_dataclass, reachable(hint, set())))
    ]
    assert places == [(Target, "body")]


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
    assert decode(b'{"a": 1}', New) == New(1)
    assert encode(New(1), New) == {"a": 1}
    assert encode(New(1, (), {"x": None}), New) == {"a": 1, "b": [], "c": {"x": None}}


def test_an_unknown_field_is_skipped() -> None:
    assert decode(b'{"a": 1, "b": [2]}', Old) == Old(1)


@pytest.mark.parametrize("value", ["true", "1.5", '"1"', "null", "[1]", "{}", "1e999"])
def test_only_a_whole_number_is_decoded_as_one(value: str) -> None:
    with pytest.raises(Misread, match=r"^a: (expected int, got|number out of range)"):
        decode(f'{{"a": {value}}}'.encode(), Old)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("3", "its 'is' is not one of SseEvent, Comment, Excess"),
        ('{"is": "Timeline"}', "its 'is' is not one of SseEvent, Comment, Excess"),
        ('{"is": "Comment", "at": 1, "text": 2}', "text: expected str, got int"),
        ('{"is": "Excess", "at": 1}', "object missing required field dropped"),
    ],
)
def test_an_invalid_stream_item_is_named_with_its_place(item: str, problem: str) -> None:
    document = f'{{"probe": {{"name": "", "url": ""}}, "tail": [{item}]}}'
    with pytest.raises(Misread) as caught:
        decode(document.encode(), Timeline)
    assert str(caught.value) == f"tail[0]: {problem}"


def test_a_lone_surrogate_is_replaced() -> None:
    """A path that is not UTF-8 has them; JSON has not."""
    assert encode({"a\udcff": "b\ud83d\ude00\udcff"}, Mapping[str, str]) == {"a\ufffd": "b😀\ufffd"}


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

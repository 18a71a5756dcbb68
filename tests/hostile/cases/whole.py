"""A case file in which every field of every type is filled, generated from the types."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from wizard.investigation.casefile import read, read_bytes
from wizard.investigation.casefile.encode import TAG, fields, union_members
from wizard.investigation.casefile.record import SCHEMA, CaseRecord
from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.text.errors import UsageError

CONTROL = "\x1b[31m\x07\x9b\x85\u2028\u202e\r\n\t\ufffe"
"""Escape sequences, line ends, and marks that turn the direction of a text."""
_PLAIN = {
    "method": "GET",
    "vantage": "local",
    "url": "http://127.0.0.1:1/sse",
    "upgrade": False,
    "connect_to": ["h", 1],
    "body": "",
    "left": [1, 2],
    "canceled": [1, 2],
}
"""The fields that are refused with an arbitrary value."""
_CONF = """http {
  server {
    listen 80;
    server_name %(text)s;
    location / { proxy_pass http://127.0.0.1:2; proxy_set_header X "%(text)s"; } # %(text)s
  }
}
"""
Place = tuple[Any, Any]
"""A container of a JSON value, and a key or an index in it."""


def whole_case(text: str = "x", number: float = 1) -> dict[str, Any]:
    """A case file, as JSON, with this text and this number in every field that takes them."""
    case = _filled(CaseRecord, text, number, 0)
    for name in ("resolution", "root_resolution", "message_resolution"):
        case["case"].pop(name)
    target = case["case"]["target"]
    target["headers"], target["url"] = [["X-A", "b"]], _PLAIN["url"]
    for source in (*target["direct"], *(hop["source"] for hop in target["hops"])):
        source["locator"] = _PLAIN["url"]
    config = {"main": "a", "root": [], "texts": {"a": _CONF % {"text": _quoted(text)}}}
    stored = {"config": 0, "request": {"path": "/sse"}}
    return {"schema": SCHEMA, **case, "configs": [config], "resolutions": {"resolution": stored}}


def _quoted(text: str) -> str:
    return "".join(char for char in text if char not in '\r\n\0"\\;{}') or "x"


def _filled(hint: Any, text: str, number: float, depth: int) -> Any:
    """A JSON value of this type in which nothing is left out."""
    if hint is StreamItem:
        hint = SseEvent
    members = [member for member in union_members(hint) if member is not type(None)]
    if len(members) < len(union_members(hint)) and depth > 8:
        return None
    hint = members[0]
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_origin(hint) in (tuple, frozenset):
        items = [each for each in get_args(hint) if each is not Ellipsis]
        return [_filled(each, text, number, depth + 1) for each in items]
    if get_origin(hint) is Mapping:
        key, item = get_args(hint)
        return {_filled(key, text, number, depth): _filled(item, text, number, depth + 1)}
    if dataclasses.is_dataclass(hint):
        tag = {TAG: hint.__name__} if hint in (SseEvent, Comment, Excess) else {}
        names = fields(hint).items()  # type: ignore[arg-type]
        return tag | {
            name: _PLAIN[name]
            if name in _PLAIN and each is not int
            else _filled(each, text, number, depth + 1)
            for name, each in names
        }
    return {str: text, bool: True, int: int(number), float: number, bytes: ""}.get(hint)


def places(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Every container in a JSON value with each of its keys, and the place as it is named."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        here = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        yield value, key, here
        if isinstance(value[key], dict | list):
            yield from places(value[key], here)


def attempt(data: bytes | Path) -> CaseRecord | str:
    """The record in these bytes or this file; the error if it is refused."""
    try:
        return read(data) if isinstance(data, Path) else read_bytes(data, "case.json")
    except UsageError as error:
        return str(error)


def as_bytes(document: Any) -> bytes:
    """The bytes of the case file."""
    return json.dumps(document).encode()

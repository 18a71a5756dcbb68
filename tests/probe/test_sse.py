"""The decoder against the WHATWG standard (HTML, section 9.2.6), chunk by chunk."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.model.events import Comment, Excess, SseEvent, StreamItem
from wizard.probe.sse import SseDecoder


def decode(*chunks: bytes, limit: int = 1 << 20) -> list[StreamItem]:
    decoder = SseDecoder(limit)
    return [item for chunk in chunks for item in decoder.feed(chunk)]


def event(data: str, type: str = "message", id: str = "") -> SseEvent:
    return SseEvent(0.0, type, data, id)


VECTORS: list[tuple[str, bytes, list[StreamItem]]] = [
    ("one-event", b"data: a\n\n", [event("a")]),
    ("named", b"event: endpoint\ndata: /m\n\n", [event("/m", "endpoint")]),
    ("several-data-lines", b"data: a\ndata: b\n\n", [event("a\nb")]),
    ("empty-data-lines", b"data\ndata\n\n", [event("\n")]),
    ("empty-data-is-an-event", b"data:\n\n", [event("")]),
    ("no-data-no-event", b"event: x\n\ndata: a\n\n", [event("a")]),
    ("unfinished-is-discarded", b"data: a\n", []),
    ("cr", b"data: a\r\r", [event("a")]),
    ("crlf", b"data: a\r\n\r\n", [event("a")]),
    ("mixed-ends", b"data: a\rdata: b\ndata: c\r\n\r\n", [event("a\nb\nc")]),
    ("bom", b"\xef\xbb\xbfdata: a\n\n", [event("a")]),
    ("second-bom-is-text", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    ("only-one-space-is-eaten", b"data:  a\n\n", [event(" a")]),
    ("no-space", b"data:a\n\n", [event("a")]),
    ("colon-in-value", b"data: a: b\n\n", [event("a: b")]),
    ("comment", b": ping\n\n", [Comment(0.0, "ping")]),
    ("empty-comment", b":\n", [Comment(0.0, "")]),
    ("comment-inside-an-event", b"data: a\n:c\ndata: b\n\n", [Comment(0.0, "c"), event("a\nb")]),
    ("unknown-field", b"foo: x\ndata: a\n\n", [event("a")]),
    ("field-without-colon", b"foo\ndata: a\n\n", [event("a")]),
    ("id", b"id: 1\ndata: a\n\n", [event("a", id="1")]),
    ("id-stays", b"id: 1\ndata: a\n\ndata: b\n\n", [event("a", id="1"), event("b", id="1")]),
    ("id-is-reset", b"id: 1\ndata: a\n\nid\ndata: b\n\n", [event("a", id="1"), event("b")]),
    ("id-with-nul-is-ignored", b"id: 1\0\ndata: a\n\n", [event("a")]),
    ("type-does-not-stay", b"event: x\ndata: a\n\ndata: b\n\n", [event("a", "x"), event("b")]),
    ("u2028-does-not-end-a-line", "data: a\u2028b\n\n".encode(), [event("a\u2028b")]),
    ("u0085-does-not-end-a-line", "data: a\u0085b\n\n".encode(), [event("a\u0085b")]),
    ("broken-utf8", b"data: \xff\n\n", [event("\ufffd")]),
    ("field-names-are-exact", b"Data: a\n data: b\n\n", []),
    ("space-before-colon", b"data : a\n\n", []),
    ("blank-lines", b"\n\n\n", []),
    (
        "ping-after-an-id",
        b"id: 1\ndata: a\n\n: ping\n\n",
        [event("a", id="1"), Comment(0.0, "ping")],
    ),
]


@pytest.mark.parametrize(("raw", "expected"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_a_stream_in_one_chunk(raw: bytes, expected: list[StreamItem]) -> None:
    assert decode(raw) == expected


@pytest.mark.parametrize(("raw", "expected"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_a_stream_byte_by_byte(raw: bytes, expected: list[StreamItem]) -> None:
    assert decode(*(raw[i : i + 1] for i in range(len(raw)))) == expected


@given(st.lists(st.sampled_from([v[1] for v in VECTORS])), st.lists(st.integers(0, 400)))
def test_chunk_boundaries_do_not_matter(parts: list[bytes], cuts: list[int]) -> None:
    raw = b"".join(parts)
    borders = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    assert decode(*(raw[a:b] for a, b in pairwise(borders))) == decode(raw)


@given(st.binary())
def test_no_stream_raises(raw: bytes) -> None:
    decode(raw, b"\n\n")


def test_retry_takes_digits_only() -> None:
    decoder = SseDecoder()
    decoder.feed(b"retry: 3000\nretry: 10s\nretry: -1\nretry:\n")
    assert decoder.retry_ms == 3000


def test_an_endless_line_is_cut_and_reported() -> None:
    decoder = SseDecoder(limit=16)
    items = decoder.feed(b"data: " + b"x" * 100)
    for _ in range(1000):
        items += decoder.feed(b"x" * 100)
    items += decoder.feed(b"\n\ndata: next\n\n")
    assert items == [Excess(0.0, 6 + 100 + 100_000 - 16), event("x" * 10), event("next")]
    assert len(decoder._line) <= 16


def test_an_event_of_endlessly_many_lines_is_cut() -> None:
    items = decode(b"data: 1234567\n" * 10 + b"\ndata: next\n\n", limit=16)
    assert items[-1] == event("next")
    assert items[-2] == event("1234567\n1234567")
    assert sum(item.dropped for item in items if isinstance(item, Excess)) == 8 * 7


def test_items_have_the_time_of_the_chunk_that_completed_them() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n", at=1.0) == []
    assert decoder.feed(b"\n", at=2.5) == [SseEvent(2.5, "message", "a", "")]

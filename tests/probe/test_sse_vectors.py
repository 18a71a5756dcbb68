"""The decoder against two public suites, in whole chunks and cut at every byte."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.sse_vectors import BOM, CONTRACT, WEB_PLATFORM, Event, Vector
from wizard.model.events import Comment, SseEvent, StreamItem
from wizard.probe.sse import SseDecoder

VECTORS = [
    (f"{suite}-{vector.name}", vector)
    for suite, vectors in (("wpt", WEB_PLATFORM), ("contract", CONTRACT))
    for vector in vectors
]
every_vector = pytest.mark.parametrize(
    "vector", [vector for _, vector in VECTORS], ids=[name for name, _ in VECTORS]
)


def decode(chunks: Iterable[bytes], vector: Vector) -> None:
    """Assert that these chunks make the vector's events, and leave its id and retry time."""
    decoder = SseDecoder()
    items = [item for chunk in chunks for item in decoder.feed(chunk)]
    assert [expectation(item) for item in items] == list(vector.items)
    assert (decoder.last_id, decoder.retry_ms) == (vector.last_id, vector.retry_ms)


def expectation(item: StreamItem) -> Event | str:
    if isinstance(item, Comment):
        return item.text
    assert isinstance(item, SseEvent)
    return item.type, item.data, item.id


def cut(raw: bytes, borders: Iterable[int]) -> list[bytes]:
    """Split the bytes at these offsets."""
    return [raw[a:b] for a, b in pairwise(sorted({0, len(raw), *borders}))]


@every_vector
def test_in_the_suite_s_chunks(vector: Vector) -> None:
    decode(vector.chunks, vector)


@every_vector
@pytest.mark.parametrize("size", [1, 2, 3])
def test_in_chunks_of_equal_size(vector: Vector, size: int) -> None:
    decode(cut(vector.raw, range(0, len(vector.raw), size)), vector)


@every_vector
def test_split_once_at_every_byte(vector: Vector) -> None:
    step = max(1, len(vector.raw) // 300)
    for border in range(0, len(vector.raw), step):
        decode(cut(vector.raw, [border]), vector)


@every_vector
@given(seed=st.integers(0, 1 << 16))
def test_split_at_random(vector: Vector, seed: int) -> None:
    size = len(vector.raw)
    chance = random.Random(seed)
    decode(cut(vector.raw, chance.sample(range(size), chance.randint(0, min(size, 40)))), vector)


@pytest.mark.parametrize("chunks", [1, 2, 7])
def test_a_large_message(chunks: int) -> None:
    """Five MiB: above the decoder's usual limit, which is this tool's and not the standard's."""
    text = random.Random(0).randbytes(5 << 19).hex()
    raw = f"data: {text}\n\n".encode()
    decoder = SseDecoder(limit=len(raw))
    pieces = cut(raw, range(0, len(raw), len(raw) // chunks))
    assert [item for piece in pieces for item in decoder.feed(piece)] == [
        SseEvent(0.0, "message", text, "")
    ]


@given(st.lists(st.sampled_from([vector for _, vector in VECTORS]), max_size=6))
def test_one_stream_after_another(vectors: list[Vector]) -> None:
    """Streams that are complete and set no id add up, whatever comes before them."""
    whole = [v for v in vectors if v.raw.endswith(b"\n\n") and BOM not in v.raw]
    whole = [v for v in whole if b"id" not in v.raw]
    decoder = SseDecoder()
    items = decoder.feed(b"".join(v.raw for v in whole))
    assert [expectation(item) for item in items] == [item for v in whole for item in v.items]

"""The decoder of JSON lines."""

import random

import pytest

from wizard.model.events import Excess, SseEvent
from wizard.probe.json_lines import JsonLinesDecoder

LINES = b'{"a":1}\r\n\n\x1e{"b":"\xc3\xa9"}\n{"c":'


def contents(items: list[object]) -> list[str]:
    return [item.data for item in items if isinstance(item, SseEvent)]


@pytest.mark.parametrize("seed", range(20))
def test_any_split_gives_the_same_lines(seed: int) -> None:
    choice, decoder = random.Random(seed), JsonLinesDecoder()
    cuts = sorted(choice.sample(range(len(LINES)), 4))
    parts = [LINES[a:b] for a, b in zip([0, *cuts], [*cuts, len(LINES)], strict=True)]
    items = [item for part in parts for item in decoder.feed(part)]
    assert contents(list(items)) == ['{"a":1}', '{"b":"é"}']
    assert decoder.pending == len(b'{"c":')


def test_a_line_without_end_is_held_up_to_a_limit() -> None:
    decoder = JsonLinesDecoder(limit=8)
    for _ in range(100):
        assert decoder.feed(b"0123456789") == []
    assert decoder.pending == 8
    event, excess = decoder.feed(b"\n")
    assert isinstance(event, SseEvent)
    assert excess == Excess(0.0, 992)

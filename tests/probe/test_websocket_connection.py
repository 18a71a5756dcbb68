"""A probe that asks for a WebSocket, against a scripted server."""

from asyncio import StreamReader, StreamWriter

import pytest

from tests.probe.scripted import CHUNKED, Act, chunk, saying, serving
from tests.probe.websocket_server import accepting, frame
from wizard.model.events import Comment
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline, is_live
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions
from wizard.probe.websocket_connection import NO_CLOSE_FRAME

HELLO, BYE = frame(1, b"hello"), frame(8, b"\x03\xe8")


async def probe_server(act: Act, options: ProbeOptions | None = None) -> Timeline:
    async with serving(act, read_first=False) as url:
        timeline = Timeline(Probe("sse-proxy", url, upgrade=True))
        async for event in run_probe(timeline.probe, options or ProbeOptions()):
            timeline = timeline.fold([event])
    return timeline


async def test_an_open_websocket_is_live_with_its_messages_as_events() -> None:
    timeline = await probe_server(accepting(HELLO, frame(2, b"\0\1"), frame(9, b"p"), BYE))
    assert (timeline.status, timeline.http, timeline.ended) == (101, "1.1", "eof")
    assert timeline.detail == "closed by the server: 1000"
    assert (timeline.events, timeline.comments, timeline.pending) == (2, 2, 0)
    assert [event.data for event in timeline.tail_events] == ["hello", "2 bytes"]
    assert [item.text for item in timeline.tail if isinstance(item, Comment)] == [
        "ping p",
        "close 1000",
    ]
    assert timeline.bytes == 7 + 4 + 3 + 4
    assert timeline.upgraded_s is not None
    assert timeline.first_event_s is not None
    assert (timeline.headers_s or 0.0) <= timeline.upgraded_s <= timeline.first_event_s


async def test_an_idle_websocket_is_live() -> None:
    timeline = await probe_server(accepting())
    assert is_live(timeline)
    assert timeline.items == 0
    assert (timeline.ended, timeline.detail) == ("reset", NO_CLOSE_FRAME)


async def test_an_end_within_a_message_has_no_close_frame() -> None:
    timeline = await probe_server(accepting(HELLO + frame(1, b"x" * 999)[:500]))
    assert (timeline.events, timeline.pending) == (1, 500)
    assert (timeline.ended, timeline.detail) == ("reset", NO_CLOSE_FRAME)


async def test_the_request_is_that_of_the_rfc_with_the_users_headers() -> None:
    heads = list[bytes]()
    mine = (("Sec-WebSocket-Protocol", "mqtt"), ("Origin", "https://shop.example"))
    for headers in ((), mine):
        act = accepting(BYE, heads=heads, headers=["Sec-WebSocket-Protocol: mqtt"] * bool(headers))
        assert is_live(await probe_server(act, ProbeOptions(headers=headers)))
    first, second = ([*head.decode().split("\r\n")] for head in heads)
    assert first[0] == "GET /sse HTTP/1.1"
    for line in ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"):
        assert line in first
    assert not [line for line in first if line.startswith(("Origin", "Sec-WebSocket-Protocol"))]
    assert "Accept: */*" in first
    assert {f"{name}: {value}" for name, value in mine} <= set(second)


async def test_pings_and_close_frames_are_answered_and_nothing_else_is_sent() -> None:
    received = list[bytes]()
    act = accepting(HELLO, frame(9, b"abc"), frame(1, b"x"), BYE, then="open", received=received)
    await probe_server(act)
    (sent,) = received
    pong, close = sent[:9], sent[9:]
    assert (pong[0], pong[1]) == (0x8A, 0x83)
    assert bytes(a ^ b for a, b in zip(pong[6:], pong[2:5], strict=True)) == b"abc"
    assert (close[0], close[1], len(close)) == (0x88, 0x82, 8)


async def test_of_many_pings_the_newest_is_answered() -> None:
    received = list[bytes]()
    pings = b"".join(frame(9, b"%03d" % n) for n in range(200))
    timeline = await probe_server(accepting(pings, BYE, then="open", received=received))
    (sent,) = received
    pong = bytes(a ^ b for a, b in zip(sent[6:9], sent[2:5], strict=True))
    assert pong in {b"%03d" % n for n in range(200)}
    assert len(sent) < 200
    assert (timeline.comments, timeline.ended) == (201, "eof")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (accepting(accept="wrong"), "no WebSocket: its Sec-WebSocket-Accept does not belong"),
        (accepting(headers=["Sec-WebSocket-Protocol: x"]), "a subprotocol that was not asked for"),
        (accepting(b"HTTP/1.1 200 OK\r\n\r\n"), "not a WebSocket's frames: "),
    ],
)
async def test_what_is_no_websocket_is_a_broken_connection(act: Act, why: str) -> None:
    timeline = await probe_server(act)
    assert (timeline.status, timeline.ended) == (101, "reset")
    assert why in timeline.detail


async def test_any_other_answer_is_what_it_is() -> None:
    refused = saying(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 3\r\n\r\nno\n")
    timeline = await probe_server(_after_request(refused))
    assert (timeline.status, timeline.excerpt, timeline.ended) == (426, "no\n", "eof")
    assert not is_live(timeline)
    stream = saying(CHUNKED, chunk(b"data: x\n\n"), then="open")
    timeline = await probe_server(_after_request(stream))
    assert (timeline.status, timeline.is_stream, is_live(timeline)) == (200, False, False)
    assert (timeline.excerpt, timeline.ended) == ("data: x\n\n", "open")


def _after_request(act: Act) -> Act:
    async def read_first(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await act(reader, writer)

    return read_first

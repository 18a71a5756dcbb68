"""Bytes that come and are no readable answer: each kind has its outcome and its words."""

import asyncio
import gzip
from dataclasses import dataclass

import pytest

from tests.probe.scripted import CHUNKED, HEAD, Act, chunk, saying, serving
from tests.probe.test_matrix import run
from wizard.diagnose.outcome import classify
from wizard.model.events import Chunk, Ended, Headers, ProbeEvent, SseEvent
from wizard.model.probe import Probe
from wizard.model.probe_result import UNREADABLE_OUTCOMES, Outcome
from wizard.model.timeline import Timeline
from wizard.probe.connection import ProbeChannel
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions, RequestSpec

EVENT = b"data: 1\n\n"
GZIPPED = HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(EVENT)
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What a server sends, and the outcome and words that follow."""

    sent: tuple[bytes, ...]
    outcome: Outcome
    words: tuple[str, ...]
    then: str = "open"
    read_first: bool = True


ANSWERS = {
    "ssh": Answer((b"SSH-2.0-OpenSSH_9.2p1\r\n",), "not-http", ("SSH", "no status line")),
    "ssh-in-two-pieces": Answer((b"S", b"SH-2.0-x\r\n"), "not-http", ("no status line",)),
    "smtp": Answer((b"220 mx.example.com ESMTP\r\n",), "not-http", ("SMTP",)),
    "ftp": Answer((b"220 (vsFTPd 3.0.3)\r\n",), "not-http", ("FTP",)),
    "mysql": Answer((b"J\0\0\0\x0a8.0.33\0\x0b\0\0\0",), "not-http", ("MySQL",)),
    "redis": Answer((b"-ERR unknown command\r\n",), "not-http", ("Redis",)),
    "tls-alert": Answer((b"\x15\x03\x01\0\x02\x02\x16",), "not-http", ("TLS",), "close"),
    "http2": Answer((b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80",), "not-http", ("HTTP/2",)),
    "http09": Answer((b"<html>hello</html>",), "not-http", ("`<html>hello",), "close"),
    "socks": Answer((b"\x05\xff",), "not-http", ("SOCKS",)),
    "binary": Answer((bytes(range(128, 256)),), "not-http", ("no status line",)),
    "bad-header": Answer((b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",), "not-http", ("header",)),
    "bad-status": Answer((b"HTTP/1.1 abc\r\n\r\n",), "not-http", ("status line",)),
    "bad-coding": Answer(
        (HEAD + b"Transfer-Encoding: brotli\r\n\r\n",), "not-http", ("Transfer-Encoding",)
    ),
    "status-cut-off": Answer(
        (b"HTTP/1.1 20",), "partial-head", ("11 bytes of headers", "ended"), "close"
    ),
    "headers-that-stop": Answer(
        (HEAD, b"X-Later: "), "partial-head", ("not complete", "`HTTP/1.1 200 OK")
    ),
    "one-byte": Answer((b"H",), "partial-head", ("1 byte of headers",)),
    "interim-alone": Answer(
        (INTERIM, INTERIM, INTERIM), "only-interim", ("3 interim answers", "no final")
    ),
    "interim-then-a-part": Answer(
        (INTERIM, b"HTTP/1.1 2"), "partial-head", ("1 interim answer", "10 bytes")
    ),
    "no-gzip": Answer(
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + EVENT,),
        "undecodable", ("cannot be decoded", "`gzip`", "`data: 1"),
    ),
    "two-gzip-bodies": Answer(
        (GZIPPED, gzip.compress(EVENT)), "undecodable", ("ended, and more bytes follow",)
    ),
    "unknown-coding": Answer(
        (HEAD + b"Content-Encoding: x-own\r\n\r\n" + EVENT,), "undecodable", ("`x-own`",)
    ),
    "two-codings": Answer(
        (HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n", gzip.compress(gzip.compress(EVENT))),
        "live", ("one event",),
    ),
    "a-chunk-header-that-does-not-end": Answer(
        (CHUNKED, b"1" * 3000), "undecodable", ("3000 bytes followed the headers",)
    ),
    "endless-headers": Answer((HEAD, b"A: b\r\n" * 60_000), "not-http", ("longer than",)),
    "a-101-that-was-not-asked-for": Answer(
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",),
        "not-http", ("101", "not asked for"),
    ),
    "broken-chunks": Answer(
        (CHUNKED, chunk(EVENT), b"zz\r\n"), "undecodable", ("framing", "chunk")
    ),
    "nothing": Answer((), "held", ("not even headers",)),
    "closed-at-once": Answer((), "cut", ("closed before an answer",), "close"),
    "a-body-cut-off": Answer((CHUNKED, chunk(EVENT)), "cut", ("broken off",), "close"),
    "interim-then-an-answer": Answer((INTERIM, CHUNKED, chunk(EVENT)), "live", ("first data",)),
}  # fmt: skip


def act_of(answer: Answer) -> Act:
    return saying(*answer.sent, then=answer.then)


@pytest.mark.parametrize("name", ANSWERS)
async def test_what_is_no_readable_answer_has_its_own_words(name: str) -> None:
    answer = ANSWERS[name]
    result, _ = await run(act_of(answer), None, stall=0.3)
    assert result.outcome == answer.outcome, result.why
    for words in answer.words:
        assert words in result.why
    assert result.why.isprintable()
    assert len(result.why) < 400


@pytest.mark.parametrize("name", ["ssh", "headers-that-stop", "interim-alone", "no-gzip"])
async def test_the_words_are_there_beside_a_live_direct_probe(name: str) -> None:
    live = saying(CHUNKED, chunk(EVENT), chunk(EVENT), then="open")
    result, direct = await run(act_of(ANSWERS[name]), live, stall=0.3)
    assert result.outcome == ANSWERS[name].outcome
    assert direct
    assert direct.outcome == "live"


def test_each_unreadable_outcome_is_tried() -> None:
    tried = {answer.outcome for answer in ANSWERS.values()} | {"not-sent"}
    assert tried >= set(UNREADABLE_OUTCOMES)


async def _never_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_a_request_that_is_not_taken_whole_was_never_sent() -> None:
    """The server never reads, and the request is larger than what the system buffers."""
    spec = RequestSpec("POST", content=b"x" * (32 << 20))
    async with serving(_never_reading, read_first=False) as url:
        timeline = Timeline(Probe("sse-proxy", url, once=True))
        async for event in run_probe(timeline.probe, ProbeOptions(), spec):
            timeline = timeline.fold([event])
            if timeline.wire.sending_s is not None:
                break
    result = classify(timeline.fold([Ended(1.0, "open")]))
    assert result.outcome == "not-sent"
    assert "never sent" in result.why


class _ReadableStream:
    """A connection of httpcore on which bytes wait to be read."""

    def get_extra_info(self, info: str) -> bool | None:
        return True if info == "is_readable" else None


@pytest.mark.parametrize(
    ("is_tls", "http", "status", "outcome"),
    [
        (False, "http11", 200, "not-http"),
        (False, "http11", 403, "status"),
        (True, "http11", 200, "live"),
        (False, "http2", 200, "live"),
    ],
)
async def test_an_answer_that_begins_before_the_request_is_sent(
    is_tls: bool, http: str, status: int, outcome: Outcome
) -> None:
    """Over TLS bytes of the handshake may wait, and over HTTP/2 the settings of the server."""
    channel = ProbeChannel(lambda: 0.0)
    stream = {"return_value": _ReadableStream()}
    await channel.trace("connection.connect_tcp.complete", stream)
    if is_tls:
        await channel.trace("connection.start_tls.complete", stream)
    if http == "http2":
        await channel.trace("http2.send_connection_init.started", {})
    await channel.trace(f"{http}.send_request_headers.started", {})
    await channel.trace(f"{http}.send_request_body.complete", {})
    start = b"\0\0\0\x04\0\0\0\0\0" if http == "http2" else CHUNKED
    await channel.receive(start)
    headers = (("content-type", "text/event-stream"),)
    timeline = Timeline(Probe("sse-proxy", "http://a/sse"))
    while not channel.events.empty():
        event = channel.events.get_nowait()
        if event is not None and not isinstance(event, tuple):
            timeline = timeline.fold([event])
    answer: list[ProbeEvent] = [
        Headers(0.1, status, "1.1", headers),
        Chunk(0.2, 9, 9),
        SseEvent(0.2, "x", "1", ""),
    ]
    result = classify(timeline.fold([*answer, Ended(1.0, "open")]))
    assert result.outcome == outcome, result.why
    assert ("before the request was sent" in result.why) == (outcome == "not-http")


async def test_no_secret_of_the_first_bytes_is_shown() -> None:
    act = saying(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=abcdef1234567890\r\nA: ", then="open")
    result, _ = await run(act, None, stall=0.3)
    assert result.outcome == "partial-head"
    assert "abcdef" not in result.why


async def test_of_complete_headers_no_first_bytes_are_kept() -> None:
    result, _ = await run(saying(CHUNKED, chunk(EVENT), then="open"), None, stall=0.3)
    received = result.timeline.wire.received
    assert received
    assert (received.start, received.size) == ("", 0)

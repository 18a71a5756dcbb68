"""One probe against a scripted server: every way in which a stream can arrive or break."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import brotli
import pytest
import zstandard

from tests.probe.scripted import CHUNKED, HEAD, Act, chunk, saying, serving
from wizard.investigation.requests import step_probes
from wizard.model.events import Connected, Ended, SseEvent
from wizard.model.probe import Encoding, Probe
from wizard.model.target import Target
from wizard.model.timeline import Timeline, is_live
from wizard.probe.content_encoding import CHUNK_LIMIT_BYTES
from wizard.probe.probe import BODY_LIMIT_BYTES, run_probe
from wizard.probe.request import ProbeOptions, RequestSpec, request_headers, spec_of, user_agent

EVENT = b"event: endpoint\ndata: /message?sessionId=1\n\n"


async def probe_server(
    act: Act, *, encoding: Encoding = "identity", name: str = "sse-proxy"
) -> Timeline:
    async with serving(act) as url:
        return await follow(Probe(name, url, "1.1", encoding))


async def follow(probe: Probe, options: ProbeOptions | None = None) -> Timeline:
    timeline = Timeline(probe)
    async for event in run_probe(probe, options or ProbeOptions(run="feed")):
        timeline = timeline.fold([event])
    return timeline


async def test_a_chunked_stream_to_its_end() -> None:
    timeline = await probe_server(saying(CHUNKED, chunk(EVENT), chunk(b": ping\n\n"), chunk(b"")))
    assert (timeline.status, timeline.framing) == (200, "chunked")
    assert (timeline.events, timeline.comments) == (1, 1)
    assert timeline.ended == "eof"
    assert timeline.tail[0] == SseEvent(timeline.tail[0].at, "endpoint", "/message?sessionId=1", "")
    times = [
        timeline.dns_s,
        timeline.connect_s,
        timeline.headers_s,
        timeline.first_byte_s,
        timeline.first_event_s,
    ]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)


async def test_a_stream_ended_by_close() -> None:
    timeline = await probe_server(saying(HEAD + b"\r\n" + EVENT))
    assert (timeline.framing, timeline.events, timeline.ended) == ("close", 1, "eof")


async def test_a_truncated_chunked_stream_is_a_reset() -> None:
    timeline = await probe_server(saying(CHUNKED, chunk(EVENT)))
    assert (timeline.events, timeline.ended) == (1, "reset")
    assert "incomplete" in timeline.detail


async def test_a_reset_before_the_answer() -> None:
    timeline = await probe_server(saying(then="reset"))
    assert (timeline.headers_s, timeline.ended) == (None, "reset")
    assert timeline.detail


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\x1b[31m" * 10,
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 300_000,
    ],
    ids=["binary", "ssh", "endless-header"],
)
async def test_what_is_no_http_ends_in_one_printable_sentence(garbage: bytes) -> None:
    timeline = await probe_server(saying(garbage))
    assert timeline.ended == "reset"
    assert timeline.detail.isprintable()
    assert len(timeline.detail) < 3000


async def test_compressed_bytes_that_decode_to_nothing_yet() -> None:
    body = gzip.compress(EVENT)[:10]
    act = saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + body)
    timeline = await probe_server(act, encoding="gzip")
    assert (timeline.bytes, timeline.first_data_s, timeline.events) == (10, None, 0)
    assert timeline.first_byte_s is not None


async def test_a_compressed_stream() -> None:
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(EVENT) + packer.flush(zlib.Z_SYNC_FLUSH)
    timeline = await probe_server(
        saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + body), encoding="gzip"
    )
    assert (timeline.events, timeline.ended) == (1, "eof")


async def test_a_gzip_bomb_is_not_expanded() -> None:
    bomb = gzip.compress(b"data: x\n" * 20_000_000, compresslevel=9)
    act = saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + bomb)
    timeline = await probe_server(act, encoding="gzip")
    assert timeline.bytes <= len(bomb)
    assert timeline.decoded <= CHUNK_LIMIT_BYTES
    assert "expand" in timeline.detail


async def test_of_an_unknown_compression_the_arrivals_are_seen() -> None:
    timeline = await probe_server(saying(HEAD + b"Content-Encoding: x-own\r\n\r\n" + b"abc\n\n"))
    assert timeline.is_opaque
    assert is_live(timeline)
    assert (timeline.bytes, timeline.items, timeline.excerpt) == (5, 0, "")


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=1),
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


@pytest.mark.parametrize("coding", COMPRESSORS)
async def test_a_compressed_stream_is_decoded(coding: str) -> None:
    head = HEAD + f"Content-Encoding: {coding}\r\n\r\n".encode()
    timeline = await probe_server(saying(head + COMPRESSORS[coding](EVENT)), encoding="br")
    assert (timeline.events, timeline.is_opaque, timeline.detail) == (1, False, "")


@pytest.mark.parametrize("coding", COMPRESSORS)
async def test_no_bomb_is_expanded(coding: str) -> None:
    bomb = COMPRESSORS[coding](b"data: x\n" * 20_000_000)
    timeline = await probe_server(
        saying(HEAD + f"Content-Encoding: {coding}\r\n\r\n".encode() + bomb)
    )
    assert "expand" in timeline.detail
    assert timeline.decoded <= CHUNK_LIMIT_BYTES


@pytest.mark.parametrize("coding", COMPRESSORS)
async def test_a_broken_compression_is_named(coding: str) -> None:
    head = HEAD + f"Content-Encoding: {coding}\r\n\r\n".encode()
    timeline = await probe_server(saying(head + b"this is not compressed at all, not a bit"))
    assert "broken" in timeline.detail


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("gzip, deflate, br, zstd", ["identity", "gzip", "br"]),
        ("gzip;q=1.0", ["identity", "gzip"]),
        ("identity", ["identity", "gzip"]),
    ],
)
def test_the_users_accept_encoding_is_sent_by_one_kind_of_probe(
    value: str, kinds: list[str]
) -> None:
    target = Target("http://127.0.0.1/sse", headers=(("accept-encoding", value),))
    probes = step_probes(target, "proxy")
    assert [probe.encoding for probe in probes] == kinds
    options = ProbeOptions(headers=target.headers)
    sent = [dict(request_headers(probe, options)) for probe in probes]
    assert [headers.get("accept-encoding") for headers in sent].count(value) == 1
    (once,) = step_probes(replace(target, method="POST"), "proxy")
    assert dict(request_headers(once, options))["accept-encoding"] == value


async def test_broken_compression_is_reported() -> None:
    timeline = await probe_server(saying(HEAD + b"Content-Encoding: gzip\r\n\r\nnot gzip at all"))
    assert "broken" in timeline.detail


async def test_a_redirect_is_shown_and_not_followed() -> None:
    requests = 0

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        writer.write(b"HTTP/1.1 307 T\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    timeline = await probe_server(act)
    assert (timeline.status, timeline.header("location"), requests) == (307, "/elsewhere", 1)


async def test_only_the_start_of_an_endless_page_is_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>\x1b[2J"

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    timeline = await probe_server(act)
    assert timeline.ended == "open"
    assert BODY_LIMIT_BYTES < timeline.bytes < 2 * BODY_LIMIT_BYTES
    assert timeline.excerpt.startswith("<p>")


async def test_a_refused_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    timeline = await follow(Probe("sse-proxy", f"http://127.0.0.1:{port}/sse"))
    assert (timeline.ended, timeline.detail) == (
        "refused",
        "no connection to 127.0.0.1: Connection refused",
    )


async def test_the_next_address_is_tried_after_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:

        async def two(*_: object) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]

        monkeypatch.setattr("wizard.probe.probe.resolve_host", two)
        timeline = await follow(Probe("sse-proxy", url))
    assert (timeline.address, timeline.events) == ("127.0.0.1", 1)


async def test_an_unknown_host() -> None:
    timeline = await follow(Probe("sse-proxy", "http://nosuch.invalid/sse"))
    assert timeline.ended == "dns"
    assert timeline.detail.startswith("no address for nosuch.invalid: ")


async def test_tls_to_a_plain_port() -> None:
    async with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), read_first=False) as url:
        timeline = await follow(Probe("sse-proxy", url.replace("http:", "https:")))
    assert timeline.ended == "tls"
    assert timeline.detail.startswith("TLS failed: ")


async def test_connect_to_keeps_the_name() -> None:
    requests: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 N\r\n\r\n")

    probe = Probe("sse-proxy", "http://public.example:8081/sse")
    async with serving(act, read_first=False) as url:
        port = urlsplit(url).port or 0
        options = ProbeOptions(run="feed", connect_to=("127.0.0.1", port), headers=(("X-A", "1"),))
        await follow(probe, options)
    request = requests[0].decode()
    assert request.startswith("GET /sse HTTP/1.1\r\nHost: public.example:8081\r\n")
    assert f"User-Agent: {user_agent(probe, 'feed')}\r\n" in request
    assert "X-A: 1\r\n" in request
    assert "Accept: text/event-stream\r\n" in request


async def test_leaving_closes_the_connection() -> None:
    left = asyncio.Event()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(EVENT))
        await reader.read()
        left.set()

    async with serving(act) as url:
        events = run_probe(Probe("sse-proxy", url), ProbeOptions())
        async for event in events:
            if isinstance(event, SseEvent):
                break
        await events.aclose()
        await asyncio.wait_for(left.wait(), 5)


async def test_the_last_event_is_an_ending() -> None:
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        events = [event async for event in run_probe(Probe("sse-proxy", url), ProbeOptions())]
    assert isinstance(events[-1], Ended)
    assert sum(isinstance(event, Ended) for event in events) == 1


async def test_the_users_headers_replace_those_of_a_post() -> None:
    received: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readexactly(2))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for part in (b"abc", b"def"):
            writer.write(part)
            await writer.drain()

    spec = RequestSpec(
        "POST", (("Accept", "application/json"), ("X-Key", "ours")), b"{}", excerpt=5
    )
    options = ProbeOptions(headers=(("x-key", "theirs"),))
    sent = request_headers(Probe("mcp", "http://a/"), options, spec)
    assert ("Accept", "application/json") in sent
    assert [pair for pair in sent if pair[0].lower() == "x-key"] == [("x-key", "theirs")]
    async with serving(act) as url:
        timeline = Timeline(Probe("mcp", url))
        async for event in run_probe(timeline.probe, options, spec):
            timeline = timeline.fold([event])
    assert (received, timeline.status, timeline.excerpt) == ([b"{}"], 200, "abcde")


async def test_a_header_is_sent_as_utf_8() -> None:
    received: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with serving(act, read_first=False) as url:
        timeline = await follow(
            Probe("sse-proxy", url), ProbeOptions(headers=(("X-User", "Jörg"),))
        )
    assert timeline.status == 204
    assert "X-User: Jörg\r\n".encode() in received[0]


async def test_a_bug_of_ours_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("wizard.probe.probe._read_response", broken)
    with pytest.raises(ZeroDivisionError):
        await probe_server(saying(CHUNKED, chunk(EVENT), then="open"))


@pytest.mark.parametrize("name", ["sse-direct", "sse-hop", "mcp-direct"])
async def test_connect_to_applies_to_the_public_url_only(name: str) -> None:
    async with serving(saying(CHUNKED, chunk(EVENT), chunk(b""))) as url:
        options = ProbeOptions(connect_to=("127.0.0.1", 1))
        assert (await follow(Probe(name, url), options)).events == 1
        assert (await follow(Probe("sse-proxy", url), options)).ended == "refused"


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="only Linux tells the round trip")
async def test_the_round_trip_is_the_kernels() -> None:
    async with serving(saying(CHUNKED, chunk(b"data: x\n\n"))) as url:
        events = run_probe(Probe("sse-proxy", url), ProbeOptions())
        connected = [event async for event in events if isinstance(event, Connected)]
    round_trip_s = connected[0].round_trip_s
    assert round_trip_s is not None
    assert 0 < round_trip_s < connected[0].at


def answer_of(media_type: str, *parts: bytes, then: str = "close") -> Act:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return saying(head.encode(), *map(chunk, parts), then=then)


async def test_json_lines_are_events() -> None:
    timeline = await probe_server(
        answer_of("application/x-ndjson", b'{"a":1}\n{"b"', b":2}\n", b"")
    )
    assert timeline.is_stream
    assert [event.data for event in timeline.tail_events] == ['{"a":1}', '{"b":2}']


async def test_a_stream_of_any_other_type_has_bytes_and_an_excerpt() -> None:
    timeline = await probe_server(answer_of("application/grpc-web", b"\0token", b"\0token", b""))
    assert is_live(timeline)
    assert (timeline.events, timeline.bytes, timeline.excerpt) == (0, 12, "\0token\0token")


async def test_a_short_answer_without_a_length_is_no_stream() -> None:
    timeline = await probe_server(answer_of("application/json", b'{"status":"ok"}', b""))
    assert not timeline.is_stream
    assert timeline.excerpt == '{"status":"ok"}'


async def test_a_web_page_is_no_stream() -> None:
    timeline = await probe_server(answer_of("text/html", b"<html>", then="reset"))
    assert not timeline.is_stream


async def test_the_stream_is_asked_for_as_the_client_does() -> None:
    received = list[bytes]()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        received.append(head + (await reader.readexactly(2) if b"POST" in head else b""))
        writer.write(CHUNKED + chunk(EVENT) + chunk(b""))

    target = Target("http://127.0.0.1/", method="POST", body=b"{}")
    options = ProbeOptions(stream=spec_of(target))
    async with serving(act, read_first=False) as url:
        await follow(Probe("sse-proxy", url), options)
        await follow(Probe("root-proxy", url), options)
    stream, root = received
    assert stream.startswith(b"POST /sse HTTP/1.1\r\n")
    assert stream.endswith(b"\r\n\r\n{}")
    assert b"Content-Type: application/json\r\n" in stream
    assert root.startswith(b"GET ")

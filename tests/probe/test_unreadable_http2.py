"""Answers over HTTP/2 that cannot be read, and requests that its server never takes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import h2.config
import h2.connection
import pytest

from tests.probe.scripted import Act, serving
from wizard.diagnose.outcome import classify
from wizard.model.probe import Probe
from wizard.model.probe_result import Outcome, ProbeResult
from wizard.model.timeline import Timeline
from wizard.probe.matrix import Matrix
from wizard.probe.request import ProbeOptions, RequestSpec

SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
HEADERS_WITHOUT_END = b"\0\0\x05\x01\x00\0\0\0\x01" + b"\x88\x0f\x10\x01a"
Write = Callable[[h2.connection.H2Connection], None]


def setting(code: int, value: int) -> bytes:
    """A SETTINGS frame with one setting."""
    return b"\0\0\x06\x04\0\0\0\0\0" + code.to_bytes(2, "big") + value.to_bytes(4, "big")


def serving_h2(*writes: Write, raw: bytes = b"") -> Act:
    """A server that takes the request, then writes each, then `raw`, and stays open."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False, validate_outbound_headers=False)
        connection = h2.connection.H2Connection(config)
        connection.initiate_connection()
        while not connection.streams and (data := await reader.read(65536)):
            connection.receive_data(data)
        for write in writes:
            write(connection)
        writer.write(connection.data_to_send() + raw)
        await reader.read()

    return act


def header_frame(status: bytes) -> bytes:
    """A HEADERS frame with this `:status`, written as a literal (RFC 7541, section 6.2.2)."""
    block = b"\x08" + bytes([len(status)]) + status
    return len(block).to_bytes(3, "big") + b"\x01\x04\0\0\0\x01" + block


def sending(data: bytes) -> Act:
    """A server that sends these bytes and stays open."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await reader.read()

    return act


def interim(connection: h2.connection.H2Connection) -> None:
    connection.send_headers(1, [(":status", "103"), ("link", "</x>")])


def live(connection: h2.connection.H2Connection) -> None:
    connection.send_headers(1, [(":status", "200"), ("content-type", "text/event-stream")])
    connection.send_data(1, b"data: 1\n\n")


def refuse(connection: h2.connection.H2Connection) -> None:
    connection.reset_stream(1, 7)


def leave(connection: h2.connection.H2Connection) -> None:
    connection.close_connection(999, additional_data=b"\x1b[31m error_code:1")


@dataclass(frozen=True)
class Answer:
    act: Act
    outcome: Outcome
    words: tuple[str, ...]
    body: bytes = b""


ANSWERS = {
    "no-stream-allowed": Answer(
        sending(setting(3, 0)),
        "not-sent",
        ("never sent", "MAX_CONCURRENT_STREAMS is 0"),
    ),
    "no-stream-allowed-to-a-post": Answer(
        sending(setting(3, 0)), "not-sent", ("never sent",), b"{}"
    ),
    "no-window": Answer(
        sending(setting(4, 0)),
        "not-sent",
        ("never sent completely",),
        b"x" * 100_000,
    ),
    "no-window-without-a-body": Answer(sending(setting(4, 0)), "held", ("not even headers",)),
    "interim-alone": Answer(
        serving_h2(interim, interim), "only-interim", ("2 interim answers", "no final")
    ),
    "a-part-of-the-headers": Answer(
        serving_h2(raw=HEADERS_WITHOUT_END), "partial-head", ("5 bytes of headers", "not complete")
    ),
    "http1": Answer(
        sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not-http", ("SETTINGS", "`HTTP/1.1 400")
    ),
    "ssh": Answer(sending(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "not-http", ("SSH",)),
    "garbage-after-the-settings": Answer(
        sending(SETTINGS + b"\xff" * 64), "not-http", ("not HTTP",)
    ),
    "streams-allowed-later": Answer(
        sending(setting(3, 0) + setting(3, 9)), "held", ("not even headers",)
    ),
    "an-endless-frame-after-an-event": Answer(
        serving_h2(live, raw=b"\xff" * 64), "not-http", ("frame is longer",)
    ),
    "a-status-in-letters": Answer(
        sending(SETTINGS + header_frame(b"abc")),
        "not-http",
        ("not valid HTTP: the status is no number of three digits",),
    ),
    "a-negative-status": Answer(
        sending(SETTINGS + header_frame(b"-5")), "not-http", ("no number of three digits",)
    ),
    "a-status-of-five-digits": Answer(
        sending(SETTINGS + header_frame(b"99999")), "not-http", ("no number of three digits",)
    ),
    "settings-alone": Answer(sending(SETTINGS), "held", ("not even headers",)),
    "refused": Answer(
        serving_h2(refuse),
        "cut",
        ("closed before an answer: the server reset the request (REFUSED",),
    ),
    "goaway": Answer(
        serving_h2(leave), "cut", ("the server ended the connection with GOAWAY (error 999",)
    ),
    "live-after-an-interim-answer": Answer(serving_h2(interim, live), "live", ("first data",)),
}


async def ask(answer: Answer) -> ProbeResult:
    timelines: dict[Probe, Timeline] = {}
    async with serving(answer.act, read_first=False) as url:
        probe = Probe("sse-proxy", url, "2", once=bool(answer.body))
        method = "POST" if answer.body else "GET"
        options = ProbeOptions(stream=RequestSpec(method, content=answer.body))
        await Matrix([probe], [], timelines, options=options, stall=0.3).run()
    return classify(timelines[probe])


@pytest.mark.parametrize("name", ANSWERS)
async def test_each_has_its_own_words(name: str) -> None:
    answer = ANSWERS[name]
    result = await ask(answer)
    assert result.outcome == answer.outcome, result.why
    for words in answer.words:
        assert words in result.why
    assert result.why.isascii()

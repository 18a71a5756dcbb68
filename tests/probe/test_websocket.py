"""The opening handshake and the frames of RFC 6455, without a connection."""

import os
import random

import pytest

from tests.probe.websocket_server import frame
from wizard.model.events import Comment, SseEvent
from wizard.probe.websocket import (
    FrameDecoder,
    FrameError,
    Message,
    accept_of,
    handshake_headers,
    why_not_open,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The sample of RFC 6455, section 1.3."""
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
SENT = {"sec-websocket-key": KEY}
OPEN = [
    ("upgrade", "websocket"),
    ("connection", "keep-alive, Upgrade"),
    ("sec-websocket-accept", ACCEPT),
]


def test_the_accept_header_is_that_of_the_rfc() -> None:
    assert accept_of(KEY) == ACCEPT


def test_each_handshake_has_a_key_of_its_own() -> None:
    first, second = dict(handshake_headers()), dict(handshake_headers())
    assert first.pop("Sec-WebSocket-Key") != second.pop("Sec-WebSocket-Key")
    assert first == second
    assert first == {
        "Accept": "*/*",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
    }


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"upgrade": "WebSocket"}, ""),
        ({"upgrade": "h2c"}, "Upgrade header does not name websocket"),
        ({"connection": "keep-alive"}, "Connection header does not name Upgrade"),
        ({"sec-websocket-accept": "x"}, "does not belong to the key"),
        ({"sec-websocket-protocol": "mqtt"}, "a subprotocol that was not asked for: mqtt"),
        ({"sec-websocket-extensions": "permessage-deflate"}, "an extension that was not asked for"),
    ],
)
def test_an_answer_is_an_open_websocket_as_the_rfc_says(changed: dict[str, str], why: str) -> None:
    answer = list({**dict(OPEN), **changed}.items())
    assert why in why_not_open(SENT, answer)
    assert bool(why) == bool(why_not_open(SENT, answer))


def test_a_subprotocol_that_was_asked_for_is_fine() -> None:
    answer = [*OPEN, ("sec-websocket-protocol", "mqtt")]
    assert not why_not_open({**SENT, "sec-websocket-protocol": "mqtt, v2"}, answer)


def test_messages_are_the_same_in_whatever_parts_they_come() -> None:
    stream = b"".join((
        frame(1, b"hello"),
        frame(1, b"a" * 300, first=0),
        frame(9, b"are you there"),  # A control frame may come between two fragments.
        frame(0, b"b" * 70_000),
        frame(2, bytes(200)),
        frame(10, b""),
        frame(8, b"\x03\xf0no token"),
    ))  # fmt: skip
    whole = FrameDecoder().feed(stream)
    assert [(m.kind, m.size) for m in whole] == [
        ("text", 5), ("ping", 13), ("text", 70_300), ("binary", 200), ("pong", 0), ("close", 10),
    ]  # fmt: skip
    for seed in range(20):
        cuts = sorted(random.Random(seed).sample(range(len(stream)), 40))
        decoder, messages = FrameDecoder(), list[Message]()
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            messages += decoder.feed(stream[start:end])
        assert messages == whole
        assert decoder.pending == 0


def test_what_has_come_of_a_message_is_pending() -> None:
    decoder, data = FrameDecoder(), frame(1, b"x" * 1000)
    assert not decoder.feed(data[:500])
    assert decoder.pending == 500
    assert decoder.feed(data[500:] + data[:1])
    assert decoder.pending == 1


def test_a_message_of_any_size_is_held_in_little_memory() -> None:
    decoder = FrameDecoder()
    decoder.feed(bytes((0x82, 127)) + (1 << 62).to_bytes(8, "big"))
    for _ in range(1000):
        assert not decoder.feed(bytes(1 << 16))
    assert decoder.pending == 10 + (1000 << 16)
    assert decoder._message is not None
    assert len(decoder._message._start) == 4096
    assert decoder._bytes == b""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x81\x85\0\0\0\0hello", "masked"),
        (b"\x83\x00", "unknown kind 0x3"),
        (b"\x80\x05hello", "belongs to no message"),
        (b"\x01\x01a\x01\x01b", "belongs to no message"),
        (b"\x89\x7e\x00\x7e" + bytes(126), "control frame"),
        (b"\x09\x00", "control frame"),
        (b"HTTP/1.1 400 Bad Request\r\n", "unknown kind|masked|no message|control"),
    ],
)
def test_what_no_server_may_send_is_an_error(data: bytes, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        FrameDecoder().feed(data)


def test_any_bytes_are_messages_or_an_error() -> None:
    for seed in range(300):
        data = random.Random(seed).randbytes(200)
        try:
            messages = FrameDecoder().feed(data)
        except FrameError:
            continue
        assert all(message.size <= len(data) for message in messages)


def test_text_is_shown_and_anything_else_by_its_size() -> None:
    assert Message("text", "grüß".encode(), 6).item(1.0) == SseEvent(1.0, "text", "grüß", "")
    assert Message("binary", b"\0\1", 2).item(1.0) == SseEvent(1.0, "binary", "2 bytes", "")
    compressed = Message("text", b"\xaa", 900, is_compressed=True)
    assert compressed.item(1.0) == SseEvent(1.0, "text", "900 bytes, compressed", "")
    assert Message("ping", b"", 0).item(1.0) == Comment(1.0, "ping")
    assert Message("close", b"\x03\xe8", 2).item(1.0) == Comment(1.0, "close 1000")
    assert Message("close", b"", 0).item(1.0) == Comment(1.0, "close 1005")


def _unmasked(data: bytes) -> tuple[int, bytes]:
    """The opcode and the payload of a client's frame."""
    size, mask = data[1] & 0x7F, data[2:6]
    assert data[1] & 0x80
    assert len(data) == 6 + size
    return data[0], bytes(byte ^ mask[at % 4] for at, byte in enumerate(data[6:]))


def test_a_client_answers_a_ping_and_a_close_frame_and_nothing_else() -> None:
    assert _unmasked(Message("ping", b"abcde", 5).reply) == (0x8A, b"abcde")
    assert _unmasked(Message("close", b"\x03\xe8bye", 5).reply) == (0x88, b"\x03\xe8")
    assert _unmasked(Message("close", b"", 0).reply) == (0x88, b"")
    for kind in ("text", "binary", "pong"):
        assert not Message(kind, os.urandom(4), 4).reply

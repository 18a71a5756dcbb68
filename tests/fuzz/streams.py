"""Properties of the decoders of responses: streams, frames, messages, headers."""

from collections.abc import Callable
from typing import Any

from tests.fuzz.chunks import cut
from tests.fuzz.reference import decode_stream
from wizard.model.events import Comment, SseEvent
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe.json_lines import JsonLinesDecoder
from wizard.probe.sse import SseDecoder
from wizard.probe.websocket import FrameDecoder, FrameError
from wizard.probe.www_authenticate import json_object, metadata_url
from wizard.text.urls import origin_of
from wizard.vantage.http.response import (
    BadResponseError,
    Head,
    RawReader,
    ResponseReader,
    SplitReader,
)


def event_stream(data: bytes) -> None:
    """Any chunking gives the events of the standard's own wording."""
    body, pieces = cut(data)
    decoder = SseDecoder()
    items = [item for piece in pieces for item in decoder.feed(piece)]
    shown = [item.text if isinstance(item, Comment) else _event(item) for item in items]
    assert shown == decode_stream(body)
    assert 0 <= decoder.pending <= len(body) + 1


def _event(item: object) -> tuple[str, str, str]:
    assert isinstance(item, SseEvent)
    return item.type, item.data, item.id


def bounded_event_stream(data: bytes) -> None:
    """With a small limit nothing is held beyond it, and what is dropped is counted."""
    _, pieces = cut(data)
    decoder = SseDecoder(limit=8)
    for piece in pieces:
        decoder.feed(piece)
        assert decoder.pending <= 8 + 9 + 8


def json_lines(data: bytes) -> None:
    """Any chunking gives each line that is not blank."""
    body, pieces = cut(data)
    decoder = JsonLinesDecoder()
    items = [item for piece in pieces for item in decoder.feed(piece)]
    lines = [line.strip(b" \t\r\x1e") for line in body.split(b"\n")[:-1]]
    assert [_event(item)[1] for item in items] == [
        line.decode("utf-8", "replace") for line in lines if line
    ]


def websocket_frames(data: bytes) -> None:
    """Any chunking gives the same messages, or the same error."""
    body, pieces = cut(data)
    whole, parts = _messages([body]), _messages(pieces)
    assert whole[1] == parts[1]
    assert whole[0] == parts[0]


def _messages(pieces: list[bytes]) -> tuple[list[Any], str]:
    decoder, messages = FrameDecoder(), []
    try:
        for piece in pieces:
            for message in decoder.feed(piece):
                messages.append((message, message.item(0.0), len(message.reply)))
            assert decoder.pending >= 0
    except FrameError as error:
        # A call that raises gives none of its messages: only the error can be compared.
        return [], str(error)
    return messages, ""


def far_response(data: bytes) -> None:
    """Any chunking of what a far tool prints gives the same head and body, or an error."""
    body, pieces = cut(data)
    whole = _response(lambda: RawReader("GET"), [body])
    parts = _response(lambda: RawReader("GET"), pieces)
    assert whole[0] == parts[0]
    assert whole[1] == parts[1] or parts[1].startswith(whole[1])
    assert bool(whole[2]) == bool(parts[2])


def far_response_of_wget(data: bytes) -> None:
    """Lines of standard error give a head or an error, whatever they hold."""
    body, pieces = cut(data)
    reader = SplitReader("GET")
    for line in body.decode("utf-8", "surrogateescape").split("\n"):
        reader.take_stderr_line(line)
    _response(lambda: reader, pieces)


def _response(
    create: Callable[[], ResponseReader], pieces: list[bytes]
) -> tuple[list[Head], bytes, str]:
    """The heads, the body and the error; parts before the error count."""
    reader = create()
    heads, body, problem = list[Head](), b"", ""
    try:
        for piece in (*pieces, None):
            for part in reader.end() if piece is None else reader.feed(piece):
                if isinstance(part, Head):
                    heads.append(part)
                else:
                    body += part
    except BadResponseError as error:
        problem = str(error) or "no reason"
    assert all(100 <= head.status <= 999 for head in heads)
    return heads, body, problem


def www_authenticate(data: bytes) -> None:
    """The URL of the metadata is a part of the header; its origin is that of a URL, or none."""
    value = data.decode("latin-1")
    probe = Probe("sse-proxy", "http://h/")
    url = metadata_url(Timeline(probe, status=401, headers=(("www-authenticate", value),)))
    assert url in value
    scheme, host = origin_of(url)
    assert bool(scheme) == bool(host)
    json_object(value)

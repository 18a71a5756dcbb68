"""WebSockets (RFC 6455): the opening handshake, and the frames that a server sends.

Nothing is sent in an open connection but what the RFC demands of a client: a pong for each ping
(section 5.5.2), and a close frame for a close frame (section 5.5.1). A server that gets no pong
closes the connection, which would look like a proxy's timeout. We leave by closing the connection.
"""

import base64
import hashlib
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wizard.model.events import Comment, SseEvent, StreamItem
from wizard.text.display import safe
from wizard.text.messages import tr

KEY = "Sec-WebSocket-Key"
UPGRADE_HEADERS = (
    ("Accept", "*/*"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
)
"""The headers that ask for a WebSocket (section 4.1), without the key.

Neither a subprotocol nor compression is asked for, and no Origin is sent: a client that is no
browser has none.
"""
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PAYLOAD_KEPT_BYTES = 4096
"""How much of a message is kept for display, in bytes; all of it is counted."""
_SLICE_BYTES = 4096
"""How much is decoded at a time, in bytes."""
_CONTROL_LIMIT_BYTES = 125
"""The longest payload of a control frame (section 5.5)."""
Kind = Literal["text", "binary", "close", "ping", "pong"]
_KINDS: Mapping[int, Kind] = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
"""The kinds of messages by their opcode (section 5.2)."""
_CONTROL = 8
"""The smallest opcode of a control frame."""
_ANSWERED_NAMES = {
    "sec-websocket-protocol": "a subprotocol",
    "sec-websocket-extensions": tr("an extension"),
}


def handshake_headers() -> tuple[tuple[str, str], ...]:
    """The headers that ask for a WebSocket, with a new random key."""
    return (*UPGRADE_HEADERS, (KEY, base64.b64encode(os.urandom(16)).decode("ascii")))


def accept_of(key: str) -> str:
    """The Sec-WebSocket-Accept that belongs to a key (section 4.2.2)."""
    digest = hashlib.sha1((key + _GUID).encode("ascii", "replace"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def why_not_open(sent: Mapping[str, str], answer: Sequence[tuple[str, str]]) -> str:
    """Why a client must not take this answer of status 101 for an open WebSocket (section 4.1).

    Empty if it is one. The names of headers are in lower case.
    """
    headers = {name: ", ".join(v for n, v in answer if n == name) for name, _ in answer}
    if "websocket" not in _tokens(headers.get("upgrade", "")):
        return tr("its Upgrade header does not name websocket")
    if "upgrade" not in _tokens(headers.get("connection", "")):
        return tr("its Connection header does not name Upgrade")
    if headers.get("sec-websocket-accept", "") != accept_of(sent.get(KEY.lower(), "").strip()):
        return tr("its Sec-WebSocket-Accept does not belong to the key that was sent")
    for name, what in _ANSWERED_NAMES.items():
        if name in headers and name not in sent:
            return tr(
                "it names {what} that was not asked for: {headers}",
                what=what,
                headers=safe(headers[name], 80),
            )
    return ""


def _tokens(value: str) -> set[str]:
    return {token.strip().lower() for token in value.split(",")}


class FrameError(Exception):
    """The bytes are no frames as a server sends them; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message or control frame of the server.

    Attributes:
        payload: Its first bytes; of a control frame all of them.
        size: The size of the whole payload in bytes.
        is_compressed: Whether an extension has encoded it.
    """

    kind: Kind
    payload: bytes
    size: int
    is_compressed: bool = False

    def item(self, at: float) -> StreamItem:
        """The message as an item of a timeline; what is not text is shown by its size."""
        if self.kind == "text" and not self.is_compressed:
            return SseEvent(at, "text", self.payload.decode("utf-8", "replace"), "")
        if self.kind in ("text", "binary"):
            how = ", compressed" if self.is_compressed else ""
            return SseEvent(at, self.kind, tr("{size} bytes{how}", size=self.size, how=how), "")
        text = self.close_text if self.kind == "close" else self.payload.decode("utf-8", "replace")
        return Comment(at, f"{self.kind} {text}".strip())

    @property
    def close_code(self) -> int:
        """The code of a close frame; 1005 without one."""
        return int.from_bytes(self.payload[:2], "big") if self.size >= 2 else 1005

    @property
    def close_text(self) -> str:
        """The code of a close frame with its reason: `1008 (no token)`."""
        reason = self.payload[2:].decode("utf-8", "replace")
        return f"{self.close_code} ({reason})" if reason else str(self.close_code)

    @property
    def reply(self) -> bytes:
        """The frame that a client must answer with; empty if no answer is demanded.

        A client masks what it sends (section 5.3).
        """
        opcode = {"ping": 0xA, "close": 0x8}.get(self.kind)
        if opcode is None:
            return b""
        # A close frame repeats the code, without the reason (section 5.5.1).
        payload = self.payload if self.kind == "ping" else self.payload[:2]
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        return bytes((0x80 | opcode, 0x80 | len(payload))) + mask + masked


@dataclass(slots=True)
class _Frame:
    """A frame whose payload is being read; `left` is how much is still to come, in bytes."""

    is_last: bool
    is_compressed: bool
    opcode: int
    left: int


class FrameDecoder:
    """Decodes the frames of a server (section 5.2), without input or output.

    Its memory is bounded, whatever is sent.

    Attributes:
        pending: The number of bytes of a message that has begun and not ended.
    """

    def __init__(self) -> None:
        self.pending = 0
        self._bytes = b""
        self._frame: _Frame | None = None
        self._message: _Parts | None = None
        self._control = _Parts("ping", False)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises `FrameError`."""
        messages = list[Message]()
        # What is left is copied at each frame, of which a flood has one in two bytes.
        for start in range(0, len(data), _SLICE_BYTES):
            messages += self._feed(data[start : start + _SLICE_BYTES])
        return messages

    def _feed(self, data: bytes) -> Iterator[Message]:
        self._bytes += data
        self.pending += len(data)
        while self._frame is not None or self._begin_frame():
            if not self._read_payload():
                return
            yield from self._end_frame()

    def _begin_frame(self) -> bool:
        """Read a frame's header; False if it is not complete."""
        head = _read_head(self._bytes)
        if head is None:
            return False
        frame, size = head
        self._bytes = self._bytes[size:]
        self._frame = frame
        kind = _KINDS.get(frame.opcode)
        if frame.opcode >= _CONTROL:
            assert kind is not None
            self._control = _Parts(kind, frame.is_compressed)
        elif (kind is None) == (self._message is None):
            raise FrameError(tr("a fragment that belongs to no message"))
        elif kind is not None:
            self._message = _Parts(kind, frame.is_compressed)
        return True

    def _read_payload(self) -> bool:
        """Take what has come of the payload; False if more is to come."""
        frame = self._frame
        assert frame is not None
        part, self._bytes = self._bytes[: frame.left], self._bytes[frame.left :]
        parts = self._control if frame.opcode >= _CONTROL else self._message
        assert parts is not None
        parts.add(part)
        frame.left -= len(part)
        return not frame.left

    def _end_frame(self) -> Iterator[Message]:
        frame, self._frame = self._frame, None
        assert frame is not None
        if frame.opcode >= _CONTROL:
            yield self._control.message
        elif frame.is_last and self._message is not None:
            yield self._message.message
            self._message = None
        if self._message is None:
            self.pending = len(self._bytes)


class _Parts:
    """The payload of a message as far as it has come."""

    def __init__(self, kind: Kind, is_compressed: bool) -> None:
        self._kind, self._is_compressed = kind, is_compressed
        self._start, self._size = b"", 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._start += data[: max(0, _PAYLOAD_KEPT_BYTES - len(self._start))]
        self._size += len(data)

    @property
    def message(self) -> Message:
        """The message, whose payload is complete."""
        return Message(self._kind, self._start, self._size, self._is_compressed)


def _read_head(data: bytes) -> tuple[_Frame, int] | None:
    """The frame that begins here and the size of its header; None if that is not complete.

    Raises `FrameError`.
    """
    if len(data) < 2:
        return None
    first, second = data[0], data[1]
    opcode, length = first & 0x0F, second & 0x7F
    _check_head(first, second)
    form = {126: ">H", 127: ">Q"}.get(length, "")
    size = 2 + struct.calcsize(form)
    if len(data) < size:
        return None
    if form:
        (length,) = struct.unpack(form, data[2:size])
    return _Frame(bool(first & 0x80), bool(first & 0x40), opcode, length), size


def _check_head(first: int, second: int) -> None:
    """Raise `FrameError` for a frame that a server must not send (sections 5.1, 5.2 and 5.5)."""
    opcode = first & 0x0F
    if opcode not in (0, *_KINDS):
        raise FrameError(tr("a frame of the unknown kind {opcode:#x}", opcode=opcode))
    if second & 0x80:
        raise FrameError(tr("a masked frame, which only clients send"))
    if opcode >= _CONTROL and (second & 0x7F > _CONTROL_LIMIT_BYTES or not first & 0x80):
        raise FrameError(tr("a control frame that is too long, or sent in parts"))

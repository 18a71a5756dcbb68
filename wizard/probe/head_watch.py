"""Watches the bytes of an answer until its headers are complete, as they come from the connection.

httpx shows nothing before that: neither a part of the headers, nor interim answers, nor what is no
HTTP.
"""

import re
from typing import Protocol

from wizard.model.received import MAX_START_BYTES
from wizard.text.messages import tr

_BLANK_LINE = re.compile(rb"\n\r?\n")
"""What ends a header block; h11 takes lines without CR, too."""
_INTERIM = re.compile(rb"HTTP/[\d.]+ 1(?!01)\d\d\b")
"""A status line of an interim answer (RFC 9110, section 15.2); 101 is final."""
_PREFIX = b"HTTP/"
_FRAME_HEADER_BYTES = 9
_MAX_FRAME_BYTES = 1 << 14
"""What a server may send where the client names no other limit (RFC 9113, section 4.2). h2 waits
for the whole of a longer frame before it refuses it."""
_DATA, _HEADERS, _SETTINGS, _CONTINUATION = 0x0, 0x1, 0x4, 0x9
"""Frame types of HTTP/2 (RFC 9113, section 6)."""
_END_HEADERS = 0x4
_STREAM = 1
"""The stream of the only request of a connection (section 5.1.1)."""


class HeadWatch(Protocol):
    """Reads the bytes of an answer up to the end of its headers.

    Attributes:
        size: How many bytes of an unfinished header block are here.
        start: The first bytes of that block.
        interim: How many complete interim answers have come.
        body_size: How many bytes have followed the headers; over HTTP/2, those of the body alone.
        problem: Why these bytes are no HTTP, in one sentence; empty if they may be.
    """

    size: int
    start: bytes
    interim: int
    body_size: int
    problem: str

    def feed(self, data: bytes) -> None:
        """Read more bytes."""
        ...


class TextHeadWatch:
    """Reads the headers of HTTP/1, and those of HTTP/2 in the form that curl prints."""

    def __init__(self) -> None:
        self.size, self.start, self.interim, self.problem = 0, b"", 0, ""
        self._tail, self._is_complete, self.body_size = b"", False, 0

    def feed(self, data: bytes) -> None:
        """Read more bytes; those after the headers of the final answer are only counted."""
        while data and not self._is_complete and not self.problem:
            end = _BLANK_LINE.search(self._tail + data)
            size = end.end() - len(self._tail) if end else len(data)
            self._add(data[:size])
            if end:
                self._end_block()
            data = data[size:]
        self.body_size += len(data) if self._is_complete else 0

    def _add(self, data: bytes) -> None:
        self.size += len(data)
        self.start += data[: MAX_START_BYTES - len(self.start)]
        self._tail = (self._tail + data[-3:])[-3:]
        if self.start[: len(_PREFIX)] != _PREFIX[: len(self.start)]:
            self.problem = tr("there is no status line")

    def _end_block(self) -> None:
        self._is_complete = not _INTERIM.match(self.start)
        self.interim += not self._is_complete
        self.size, self._tail = 0, b""
        self.start = self.start if self._is_complete else b""


class FrameHeadWatch:
    """Reads the frames of HTTP/2, also those of the body; each header block is counted.

    Header blocks are not decoded: that the newest one was final shows in its being reported.
    """

    def __init__(self) -> None:
        self.size, self.start, self.interim, self.problem = 0, b"", 0, ""
        self.body_size, self._is_body = 0, False
        self._header, self._left, self._is_first = b"", 0, True
        self._is_block, self._ends_block = False, False

    def feed(self, data: bytes) -> None:
        """Read more bytes."""
        # Only of what is no HTTP/2 the first bytes tell something.
        self.start += data[: MAX_START_BYTES - len(self.start)] if self._is_first else b""
        while data and not self.problem:
            data = self._read_payload(data) if self._left else self._read_header(data)

    def _read_header(self, data: bytes) -> bytes:
        missing = _FRAME_HEADER_BYTES - len(self._header)
        self._header += data[:missing]
        if len(self._header) == _FRAME_HEADER_BYTES:
            self._begin_frame(self._header)
            self._header = b""
        return data[missing:]

    def _begin_frame(self, header: bytes) -> None:
        kind, flags = header[3], header[4]
        self._left = int.from_bytes(header[:3], "big")
        if self._is_first and (kind != _SETTINGS or any(header[5:])):
            self.problem = tr("the first frame is not SETTINGS")  # RFC 9113, section 3.4
        elif self._left > _MAX_FRAME_BYTES:
            self.problem, self.start = tr("a frame is longer than it may be"), header
        elif self._is_first:
            self.start = b""
        self._is_first = False
        is_ours = int.from_bytes(header[5:], "big") == _STREAM
        self._is_body = kind == _DATA
        self._is_block = kind in (_HEADERS, _CONTINUATION) and is_ours
        self._ends_block = self._is_block and bool(flags & _END_HEADERS)
        self._end_frame()

    def _read_payload(self, data: bytes) -> bytes:
        payload, rest = data[: self._left], data[self._left :]
        self._left -= len(payload)
        self.size += len(payload) if self._is_block else 0
        self.body_size += len(payload) if self._is_body else 0
        self._end_frame()
        return rest

    def _end_frame(self) -> None:
        if self._ends_block and not self._left:
            self.interim, self.size, self._ends_block = self.interim + 1, 0, False

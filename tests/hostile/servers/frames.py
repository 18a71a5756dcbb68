"""Frames of HTTP/2 (RFC 9113), also those that no server may send."""

import struct

import hpack

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 1, 1, 4, 8, 32
STREAM = 1
"""The stream of the client's first request."""


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    """One frame; its length is that of the payload."""
    return frame_of_length(len(payload), kind, flags, stream) + payload


def frame_of_length(length: int, kind: int, flags: int = 0, stream: int = 0) -> bytes:
    """The header of a frame, whatever follows it."""
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream)


def settings(*pairs: tuple[int, int]) -> bytes:
    """A SETTINGS frame with these settings."""
    return frame(SETTINGS, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def block(*fields: tuple[str | bytes, str | bytes]) -> bytes:
    """A header block, without the dynamic table: it can be sent on any connection."""
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    return encoder.encode([hpack.NeverIndexedHeaderTuple(*field) for field in fields])


def headers(
    *fields: tuple[str | bytes, str | bytes], flags: int = END_HEADERS, stream: int = STREAM
) -> bytes:
    """A HEADERS frame with these fields."""
    return frame(HEADERS, block(*fields), flags, stream)


def data(payload: bytes, flags: int = 0, stream: int = STREAM) -> bytes:
    """A DATA frame."""
    return frame(DATA, payload, flags, stream)


def goaway(code: int = 0, last: int = 0, text: bytes = b"") -> bytes:
    """A GOAWAY frame."""
    return frame(GOAWAY, struct.pack(">II", last, code) + text)


def window(increment: int, stream: int = 0) -> bytes:
    """A WINDOW_UPDATE frame."""
    return frame(WINDOW_UPDATE, struct.pack(">I", increment), stream=stream)


def reset(code: int, stream: int = STREAM) -> bytes:
    """An RST_STREAM frame."""
    return frame(RST_STREAM, struct.pack(">I", code), stream=stream)

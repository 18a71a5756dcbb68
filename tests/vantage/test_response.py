"""What a tool prints, in scripted pieces, read as a response."""

import pytest

from wizard.vantage.http.response import (
    BadResponse,
    Head,
    Part,
    RawReader,
    ResponseReader,
    SplitReader,
)

H1 = b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
H2 = b"HTTP/2 200 \r\na: b\r\n\r\nabc"


def read(reading: ResponseReader, data: bytes, size: int) -> list[Part]:
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return [part for piece in pieces for part in reading.feed(piece)]


def body(parts: list[Part]) -> bytes:
    return b"".join(part for part in parts if isinstance(part, bytes))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_http_1_in_pieces_of_any_size(size: int) -> None:
    reading = RawReader("GET")
    parts = read(reading, H1 + b"0\r\n\r\n", size)
    assert parts[0] == Head(200, "HTTP/1.1", ((b"A", b"b"), (b"Transfer-Encoding", b"chunked")))
    assert (body(parts), reading.done) == (b"abc", True)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_http_2_in_pieces_of_any_size(size: int) -> None:
    reading = RawReader("GET")
    parts = read(reading, b"HTTP/2 103 \r\nlink: x\r\n\r\n" + H2, size)
    assert parts[0] == Head(200, "HTTP/2", ((b"a", b"b"),))
    assert (body(parts), reading.done) == (b"abc", False)
    assert (list(reading.end()), reading.done) == ([], True)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "without sending a response"),
        (b"HTTP", "without sending a response"),
        (b"HTTP/2 200 \r\n", "without sending a response"),
        (H1, "incomplete"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "without sending complete"),
    ],
)
def test_an_end_that_comes_too_early(data: bytes, why: str) -> None:
    reading = RawReader("GET")
    read(reading, data, 1000)
    with pytest.raises(BadResponse, match=why):
        list(reading.end())


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 abc\r\n\r\n",
        b"HTTP/2" + b"x" * 200_000,
        b"\0" * 200_000,
    ],
    ids=["ssh", "status", "endless-2", "endless"],
)
def test_what_is_no_http(data: bytes) -> None:
    with pytest.raises(BadResponse):
        read(RawReader("GET"), data, 1000)


def test_a_body_ended_by_close() -> None:
    reading = RawReader("GET")
    parts = read(reading, b"HTTP/1.0 200 OK\r\n\r\nabc", 5)
    parts += reading.end()
    assert (body(parts), reading.done) == (b"abc", True)


def test_a_head_on_standard_error() -> None:
    reading = SplitReader("GET")
    lines = ["--2026--  http://h/", "  not yet", "Connecting to h... connected."]
    lines += ["  HTTP/1.1 200 OK", "  A: b"]
    for line in lines:
        reading.take_stderr_line(line)
    assert not reading.head_on_stderr.is_set()
    reading.take_stderr_line("Length: unspecified")
    reading.take_stderr_line("  HTTP/1.1 404 Another")
    assert reading.head_on_stderr.is_set()
    assert list(reading.feed(b"")) == [Head(200, "HTTP/1.1", ((b"a", b"b"),))]
    assert list(reading.feed(b"abc")) == [b"abc"]
    assert (list(reading.end()), reading.done) == ([], True)


def test_an_endless_head_on_standard_error_is_not_kept() -> None:
    reading = SplitReader("GET")
    reading.take_stderr_line("  HTTP/1.1 200 OK")
    for _ in range(1000):
        reading.take_stderr_line("  A: " + "x" * 1000)
    reading.take_stderr_line("")
    head = next(reading.feed(b""))
    assert isinstance(head, Head)
    assert len(head.headers) < 200


def test_no_head_on_standard_error() -> None:
    with pytest.raises(BadResponse):
        list(SplitReader("GET").end())

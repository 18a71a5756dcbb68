"""The readers of a tool's output, with the output in pieces."""

import pytest

from wizard.vantage.http.response import (
    BadResponseError,
    Head,
    Part,
    RawReader,
    ResponseReader,
    SplitReader,
)

H1 = b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
H2 = b"HTTP/2 200 \r\na: b\r\n\r\nabc"


def read(reader: ResponseReader, data: bytes, size: int) -> list[Part]:
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return [part for piece in pieces for part in reader.feed(piece)]


def body(parts: list[Part]) -> bytes:
    return b"".join(part for part in parts if isinstance(part, bytes))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_http_1_in_pieces_of_any_size(size: int) -> None:
    reader = RawReader("GET")
    parts = read(reader, H1 + b"0\r\n\r\n", size)
    assert parts[0] == Head(200, "HTTP/1.1", ((b"A", b"b"), (b"Transfer-Encoding", b"chunked")))
    assert (body(parts), reader.done) == (b"abc", True)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_what_follows_a_101_is_passed_on(size: int) -> None:
    reader, frames = RawReader("GET"), b"\x81\x03abc\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    parts = read(reader, b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n" + frames, size)
    assert parts[0] == Head(101, "HTTP/1.1", ((b"Upgrade", b"websocket"),))
    assert (body(parts), reader.done) == (frames, False)
    assert list(reader.end()) == []


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_http_2_in_pieces_of_any_size(size: int) -> None:
    reader = RawReader("GET")
    parts = read(reader, b"HTTP/2 103 \r\nlink: x\r\n\r\n" + H2, size)
    assert parts[0] == Head(200, "HTTP/2", ((b"a", b"b"),))
    assert (body(parts), reader.done) == (b"abc", False)
    assert (list(reader.end()), reader.done) == ([], True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "without sending a response"),
        (b"HTTP", "without sending a response"),
        (b"HTTP/2 200 \r\n", "without sending a response"),
        (H1, "incomplete"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "without sending complete"),
    ],
)
def test_an_incomplete_response(data: bytes, message: str) -> None:
    reader = RawReader("GET")
    read(reader, data, 1000)
    with pytest.raises(BadResponseError, match=message):
        list(reader.end())


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 002 \r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 abc\r\n\r\n",
        b"HTTP/2" + b"x" * 200_000,
        b"\0" * 200_000,
    ],
    ids=["two", "ssh", "status", "endless-2", "endless"],
)
def test_output_that_is_not_http(data: bytes) -> None:
    with pytest.raises(BadResponseError):
        read(RawReader("GET"), data, 1000)


def test_a_body_ended_by_close() -> None:
    reader = RawReader("GET")
    parts = read(reader, b"HTTP/1.0 200 OK\r\n\r\nabc", 5)
    parts += reader.end()
    assert (body(parts), reader.done) == (b"abc", True)


def test_a_head_on_standard_error() -> None:
    reader = SplitReader("GET")
    lines = ["--2026--  http://h/", "  not yet", "Connecting to h... connected."]
    lines += ["  HTTP/1.1 200 OK", "  A: b"]
    for line in lines:
        reader.take_stderr_line(line)
    assert not reader.head_on_stderr.is_set()
    reader.take_stderr_line("Length: unspecified")
    reader.take_stderr_line("  HTTP/1.1 404 Another")
    assert reader.head_on_stderr.is_set()
    assert list(reader.feed(b"")) == [Head(200, "HTTP/1.1", ((b"a", b"b"),))]
    assert list(reader.feed(b"abc")) == [b"abc"]
    assert (list(reader.end()), reader.done) == ([], True)


def test_an_endless_head_on_standard_error_is_bounded() -> None:
    reader = SplitReader("GET")
    reader.take_stderr_line("  HTTP/1.1 200 OK")
    for _ in range(1000):
        reader.take_stderr_line("  A: " + "x" * 1000)
    reader.take_stderr_line("")
    head = next(reader.feed(b""))
    assert isinstance(head, Head)
    assert len(head.headers) < 200


@pytest.mark.parametrize("line", ["HTTP/1.\udcff 200 OK", "HTTP/1.\ufffd 200", "HTTP/1.1 \udcff"])
def test_a_byte_in_a_status_line_on_standard_error_is_no_http(line: str) -> None:
    reader = SplitReader("GET")
    reader.take_stderr_line(f"  {line}")
    with pytest.raises(BadResponseError, match="status line"):
        list(reader.feed(b""))


def test_a_byte_in_a_reason_on_standard_error_is_no_harm() -> None:
    reader = SplitReader("GET")
    reader.take_stderr_line("  HTTP/1.1 200 \ufffd\udcff")
    assert list(reader.feed(b"")) == [Head(200, "HTTP/1.1", ())]


def test_no_head_on_standard_error() -> None:
    with pytest.raises(BadResponseError):
        list(SplitReader("GET").end())

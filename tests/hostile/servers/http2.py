"""Servers that break HTTP/2: the error cases of RFC 9113 and 7541, and floods (as h2spec has)."""

from typing import Any

from tests.hostile.servers.frames import (
    ACK,
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HAS_PRIORITY,
    HEADERS,
    PADDED,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    SETTINGS,
    STREAM,
    block,
    data,
    frame,
    frame_of_length,
    goaway,
    headers,
    reset,
    settings,
    window,
)
from tests.hostile.servers.inputs import ANY, EVENT, LIVE, Input
from tests.hostile.servers.script import Act, Pause, Repeat, Wait
from tests.hostile.servers.tls import H2

MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 3, 4, 5
OPENED = Wait(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
"""Wait for the client's preface."""
TYPE = ("content-type", "text/event-stream")
OK = (":status", "200")
HEAD = headers(OK, TYPE)
BESIDE: dict[str, Any] = {"direct": LIVE, "tls": H2, "by_protocol": {"http/1.1": LIVE}}
"""Over HTTP/1.1 and at the backend all is well."""
SILENT: dict[str, Any] = {"never": frozenset()}
"""No byte of an answer, or of its body, has come: it may well be held."""
MORE = Repeat(data(EVENT), every_s=0.1)
"""Events without end."""


def _h2(name: str, *acts: Act, preface: bytes | None = None, **more: Any) -> Input:
    """A server that answers the preface with its settings, waits for the request, then acts."""
    begin = settings() if preface is None else preface
    # The request's HEADERS are in what follows the preface and the client's settings.
    script = (OPENED, begin, Pause(0.1), *acts)
    return Input(f"h2: {name}", script, **{**BESIDE, **more})


PREFACES = (
    _h2("a good stream", HEAD, MORE, verdicts=ANY),
    _h2("no settings", HEAD, MORE, preface=b"", verdicts=ANY),
    _h2("HTTP/1.1 spoken", preface=b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"),
    _h2("garbage for settings", preface=b"\xff" * 64),
    _h2("silent after the preface", "hold", preface=b"", **SILENT),
    _h2("closed after the preface", preface=b""),
    _h2("reset after the preface", "reset", preface=b""),
    _h2("settings without end", Repeat(settings((2, 0))), preface=b"", **SILENT),
    _h2("acknowledged settings with a payload", preface=frame(SETTINGS, b"\0" * 6, ACK)),
    _h2("settings on a stream", preface=frame(SETTINGS, stream=1)),
    _h2("settings of 5 bytes", preface=frame(SETTINGS, b"\0" * 5)),
    _h2("a frame size too small", preface=settings((MAX_FRAME_SIZE, 1))),
    _h2("a window too large", preface=settings((INITIAL_WINDOW_SIZE, 0xFFFFFFFF))),
    _h2("a window of zero", HEAD, MORE, preface=settings((INITIAL_WINDOW_SIZE, 0)), verdicts=ANY),
    _h2("push turned on", HEAD, MORE, preface=settings((2, 1))),
    _h2("a setting that nobody knows", HEAD, MORE, preface=settings((0xF0F0, 1)), verdicts=ANY),
    _h2("no stream allowed", "hold", preface=settings((MAX_CONCURRENT_STREAMS, 0))),
    _h2("goaway at once", "hold", preface=settings() + goaway()),
    _h2("goaway with an error", preface=settings() + goaway(11, text=b"\x1b[31mcalm\x07")),
    _h2("goaway, then a stream", goaway(last=1), HEAD, MORE, verdicts=ANY),
    _h2("goaway in the stream", HEAD, data(EVENT), goaway(2, last=1), MORE, verdicts=ANY),
)
"""The beginning of a connection, and its end."""
FRAMES = (
    _h2("pings without end", Repeat(frame(PING, b"\0" * 8) * 100), **SILENT),
    _h2(
        "pings without end in a stream",
        HEAD,
        Repeat(frame(PING, b"\0" * 8) * 100 + data(EVENT)),
        never=frozenset(),
        verdicts=ANY,
    ),
    _h2("a ping of 7 bytes", frame(PING, b"\0" * 7)),
    _h2("a ping on a stream", frame(PING, b"\0" * 8, stream=1)),
    _h2("resets without end", Repeat(reset(8) * 100)),
    _h2("reset before an answer", reset(7)),
    _h2("reset in the stream", HEAD, data(EVENT), Pause(0.1), reset(2), "hold"),
    _h2("reset of an idle stream", reset(2, stream=99)),
    _h2("a reset of 3 bytes", frame(3, b"\0" * 3, stream=1)),
    _h2("a frame too large", frame_of_length(0xFFFFFF, 0, stream=1), Repeat(b"x" * 4096)),
    _h2("an unknown kind", frame(0xFA, b"?" * 100, 0xFF, 1), HEAD, MORE, verdicts=ANY),
    _h2("unknown kinds without end", Repeat(frame(0xFA, b"?" * 100) * 100), **SILENT),
    _h2("a priority of itself", frame(PRIORITY, b"\0\0\0\1\0", stream=1), HEAD, MORE, verdicts=ANY),
    _h2("a priority of 4 bytes", frame(PRIORITY, b"\0" * 4, stream=1), HEAD, MORE, verdicts=ANY),
    _h2("priorities without end", Repeat(frame(PRIORITY, b"\0\0\0\3\0", stream=1) * 100), **SILENT),
    _h2("a push", frame(PUSH_PROMISE, b"\0\0\0\2" + block((":method", "GET")), END_HEADERS, 1)),
    _h2("a window update of zero", window(0, 1), HEAD, MORE),
    _h2("a window update too large", window(0x7FFFFFFF), window(0x7FFFFFFF)),
    _h2("a window update of 3 bytes", frame(8, b"\0" * 3)),
    _h2("window updates without end", Repeat(window(1) * 100), **SILENT),
    _h2("empty data without end", HEAD, Repeat(data(b"") * 100), **SILENT),
    _h2("data before headers", data(EVENT)),
    _h2("data on stream 0", HEAD, data(EVENT, stream=0)),
    _h2("data on an even stream", HEAD, data(EVENT, stream=2)),
    _h2("data on an idle stream", HEAD, data(EVENT, stream=77)),
    _h2("data after the end", HEAD, data(EVENT, END_STREAM), data(EVENT), "hold"),
    _h2("data beyond the window", HEAD, Repeat(data(b"x" * 16_384))),
    _h2("padding longer than the frame", HEAD, frame(0, b"\xff" + EVENT, PADDED, 1)),
    _h2(
        "padding alone",
        HEAD,
        Repeat(frame(0, b"\xff" + b"\0" * 255, PADDED, 1), every_s=0.1),
        **SILENT,
    ),
    _h2(
        "a frame that drips",
        HEAD,
        *(a for c in data(EVENT) for a in (bytes([c]), Pause(0.2))),
        **SILENT,
    ),
    _h2("a frame that stops", HEAD, data(EVENT)[:12], "hold", **SILENT),
    _h2("closed without goaway", HEAD, data(EVENT), Pause(0.1)),
    _h2("reset of the connection", HEAD, data(EVENT), Pause(0.1), "reset"),
)
"""Frames that are broken, forbidden or too many."""


def _head(name: str, *fields: tuple[str | bytes, str | bytes], **more: Any) -> Input:
    more = {"words": () if "verdicts" in more else ("not valid HTTP/2|not HTTP",)} | more
    return _h2(name, headers(*fields), MORE, **more)


HEADS = (
    _head("status abc", (":status", "abc"), TYPE),
    _head("status empty", (":status", ""), TYPE),
    _head("status 1000", (":status", "1000"), TYPE),
    _head("status 99", (":status", "99"), TYPE),
    _head("status -1", (":status", "-1"), TYPE),
    _head("status in other digits", (":status", "\u0662\u0660\u0660"), TYPE),
    _head("status with bytes", (":status", b"\xff\xfe"), TYPE),
    _head("status with a plus", (":status", "+200"), TYPE, verdicts=ANY),
    _head("status with an underscore", (":status", "2_00"), TYPE, verdicts=ANY),
    _head("no status", TYPE),
    _head("two statuses", OK, (":status", "500"), TYPE),
    _head("a status after a field", TYPE, OK),
    _head("a request's field", OK, (":path", "/x"), TYPE),
    _head("an unknown pseudo field", OK, (":zorp", "x"), TYPE),
    _head("a name in upper case", OK, ("Content-Type", "text/event-stream")),
    _head("a connection field", OK, TYPE, ("connection", "close")),
    _head("a transfer coding", OK, TYPE, ("transfer-encoding", "chunked")),
    _head("a name with a line end", OK, TYPE, ("x\r\ny", "z")),
    _head("a value with a line end", OK, TYPE, ("x", "y\r\nset-cookie: z")),
    _head("a value with escapes", OK, TYPE, ("server", "\x1b[31m\x07"), verdicts=ANY),
    _head("a value with bytes", OK, TYPE, ("server", b"\xff\xfe"), verdicts=ANY),
    _head("a name with bytes", OK, TYPE, (b"x-\xff", "y"), verdicts=ANY),
    _head("an empty name", OK, TYPE, ("", "y")),
    _head("a length that lies", OK, TYPE, ("content-length", "5"), words=("received 9",)),
    _head("a length that is a word", OK, TYPE, ("content-length", "zorp")),
    _head("two lengths", OK, TYPE, ("content-length", "5"), ("content-length", "9")),
    _head("a value of 60 KB", OK, TYPE, ("x", "y" * 16_000), verdicts=ANY),
    _head("a cookie in crumbs", OK, TYPE, *[("set-cookie", "a=b")] * 500, verdicts=ANY),
    _h2("headers on stream 0", headers(OK, TYPE, stream=0)),
    _h2("headers on an even stream", headers(OK, TYPE, stream=2)),
    _h2("headers on an idle stream", headers(OK, TYPE, stream=77)),
    _h2("headers twice", HEAD, HEAD, MORE),
    _h2("headers that end the stream", headers(OK, TYPE, flags=END_HEADERS | END_STREAM), "hold"),
    _h2("1xx without end", Repeat(headers((":status", "103")))),
    _h2("1xx that ends the stream", headers((":status", "103"), flags=END_HEADERS | END_STREAM)),
    _h2("trailers", HEAD, data(EVENT), headers(("x", "y"), flags=END_HEADERS | END_STREAM), "hold"),
    _h2("trailers with a status", HEAD, data(EVENT), headers(OK, flags=END_HEADERS | END_STREAM)),
    _h2("trailers that end nothing", HEAD, data(EVENT), headers(("x", "y")), MORE),
    _h2("continuations without end", frame(HEADERS, block(OK, TYPE), 0, STREAM),
        Repeat(frame(CONTINUATION, block(("x", "y" * 100)), 0, STREAM))),
    _h2("empty continuations without end", frame(HEADERS, block(OK, TYPE), 0, STREAM),
        Repeat(frame(CONTINUATION, b"", 0, STREAM) * 100)),
    _h2("a continuation of nothing", frame(CONTINUATION, block(OK), END_HEADERS, STREAM)),
    _h2("a frame between headers", frame(HEADERS, block(OK, TYPE), 0, STREAM), data(EVENT)),
    _h2("headers that never end", frame(HEADERS, block(OK, TYPE), 0, STREAM), "hold"),
    _h2("an index beyond the table", frame(HEADERS, b"\xff\xff\xff\x7f", END_HEADERS, STREAM)),
    _h2("an index of zero", frame(HEADERS, b"\x80", END_HEADERS, STREAM)),
    _h2("an integer without end", frame(HEADERS, b"\xff" * 5000, END_HEADERS, STREAM)),
    _h2("a string longer than its block", frame(HEADERS, b"\x40\x7f\xff\x7f", END_HEADERS, STREAM)),
    _h2("a Huffman code that is none", frame(HEADERS, b"\x40\x84\xff\xff\xff\xff", 4, STREAM)),
    _h2("a table too large", frame(HEADERS, b"\x3f\xff\xff\xff\x7f", END_HEADERS, STREAM)),
    _h2("a bomb of references", frame(HEADERS, b"\x88\x40\x01x\x7f\xb1\x1f" + b"y" * 4016
        + b"\xbe" * 12_000, END_HEADERS, STREAM)),
    _h2("padding longer than the headers", frame(HEADERS, b"\xff" + block(OK), 4 | PADDED, STREAM)),
    _h2("headers that depend on themselves", frame(HEADERS, b"\0\0\0\1\0" + block(OK, TYPE),
        END_HEADERS | HAS_PRIORITY, STREAM), MORE, verdicts=ANY),
)  # fmt: skip
"""Header blocks and their fields."""

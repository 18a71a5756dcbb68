"""What two public suites expect of an event stream decoder, as bytes and the events they make.

Only the facts are theirs: the streams of the Web Platform Tests (`eventsource/format-*`,
`event-data`, `field-name-event`, `last-event-id`) and of LaunchDarkly's contract tests of SSE
clients (basic parsing, BOM handling, comments, line feeds, and what of reconnection the decoder
decides). An expected item is `(type, data, id)` for an event and a string for a comment.
"""

from typing import NamedTuple

Event = tuple[str, str, str]
"""An event's type, data and last event id."""


class Vector(NamedTuple):
    """One stream.

    Attributes:
        chunks: The bytes, as the suite sends them.
        items: What they make, in order.
        last_id: The id that a reconnection sends after the stream broke off.
        retry_ms: The reconnection time that the stream has set, in milliseconds.
    """

    name: str
    chunks: tuple[bytes, ...]
    items: tuple[Event | str, ...]
    last_id: str = ""
    retry_ms: int | None = None

    @property
    def raw(self) -> bytes:
        return b"".join(self.chunks)


def event(data: str, type: str = "message", id: str = "") -> Event:
    return type, data, id


BOM = b"\xef\xbb\xbf"
_LONG = b"x" * 2048
_ELLIPSIS = "\u2026"

WEB_PLATFORM = (
    Vector("bom", (BOM + b"data:1\n\n" + BOM + b"data:2\n\ndata:3\n\n",), (event("1"), event("3"))),
    Vector(
        "double-bom", (BOM + BOM + b"data:1\n\ndata:2\n\ndata:3\n\n",), (event("2"), event("3"))
    ),
    Vector(
        "comments",
        (
            b"data:1\r:\0\n:\r\ndata:2\n:" + _LONG + b"\rdata:3\n:data:fail\r:" + _LONG,
            b"\ndata:4\n\n",
        ),
        ("\0", "", _LONG.decode(), "data:fail", _LONG.decode(), event("1\n2\n3\n4")),
    ),
    Vector(
        "data-before-final-empty-line",
        (b"retry:1000\ndata:test1\n\nid:test\ndata:test2",),
        (event("test1"),),
        retry_ms=1000,
    ),
    Vector(
        "field-data",
        (b"data:\n\ndata\ndata\n\ndata:test\n\n",),
        (event(""), event("\n"), event("test")),
    ),
    Vector("field-event", (b"event:test\ndata:x\n\ndata:x\n\n",), (event("x", "test"), event("x"))),
    Vector("field-event-empty", (b"event: \ndata:data\n\n",), (event("data"),)),
    Vector("field-name-event", (b"event: testevent\ndata: x\n\n",), (event("x", "testevent"),)),
    Vector("field-id", (b"id: 1\ndata: hello\n\n",), (event("hello", id="1"),), "1"),
    Vector(
        "field-id-not-ascii",
        (f"id: {_ELLIPSIS}\ndata: hello\n\ndata: again\n\n".encode(),),
        (event("hello", id=_ELLIPSIS), event("again", id=_ELLIPSIS)),
        _ELLIPSIS,
    ),
    Vector(
        "field-id-stays",
        (b"id: 1\ndata: 1\n\ndata:2\n\n",),
        (event("1", id="1"), event("2", id="1")),
        "1",
    ),
    Vector(
        "field-id-changes",
        (b"id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n",),
        (event("1", id="1"), event("2", id="2"), event("3", id="2")),
        "2",
    ),
    Vector(
        "field-id-is-reset",
        (b"id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",),
        (event("1", id="1"), event("2"), event("3")),
    ),
    Vector("field-id-null", (b"id: \0\0\ndata: hello\n\n",), (event("hello"),)),
    Vector("field-id-with-null", (b"id: 1\0\ndata: hello\n\n",), (event("hello"),)),
    Vector(
        "field-parsing",
        (
            b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\n",
            b"data:3\rdata:\r\n data:32\ndata:4\n\n",
        ),
        (event("\0\n 2\n1\n3\n\n4"),),
    ),
    Vector("field-retry", (b"retry:03000\ndata:x\n\n",), (event("x"),), retry_ms=3000),
    Vector(
        "field-retry-bogus",
        (b"retry:3000\nretry:1000x\ndata:x\n\n",),
        (event("x"),),
        retry_ms=3000,
    ),
    Vector("field-retry-empty", (b"retry\ndata:test\n\n",), (event("test"),)),
    Vector(
        "field-unknown",
        (
            b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\n",
            b"data:test\n\n",
        ),
        ("thisisacommentyay", event("test\n\ntest")),
    ),
    Vector(
        "leading-space",
        (b"data:\ttest\rdata: \ndata:test\n\n",),
        (event("\ttest\n\ntest"),),
    ),
    Vector("newlines", (b"data:test\r\ndata\ndata:test\r\n\r",), (event("test\n\ntest"),)),
    Vector("null-character", (b"data:\0\n\n\n\n",), (event("\0"),)),
    Vector("utf-8", (f"data:ok{_ELLIPSIS}\n\n".encode(),), (event(f"ok{_ELLIPSIS}"),)),
    Vector(
        "event-data",
        (
            b"data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\n",
            b"data\n\ndata:end\n\n",
        ),
        (event("msg\nmsg"), "", event(""), event("end")),
    ),
)

_HELLO = event("Hello")
_MULTI_BYTE = "\u20ac\u8c46\u8150"

PARSING = (
    Vector("one-line-in-one-chunk", (b"data: Hello\n\n",), (_HELLO,)),
    Vector(
        "two-messages-in-three-chunks",
        (b"data: test", b"test\n\ndata:", b"test\n\n"),
        (event("testtest"), event("test")),
    ),
    Vector("one-line-in-two-chunks", (b"data: Hel", b"lo\n\n"), (_HELLO,)),
    Vector("two-in-one-chunk", (b"data: Hello\n\ndata: World\n\n",), (_HELLO, event("World"))),
    Vector("two-lines", (b"data: Hello\ndata:World\n\n",), (event("Hello\nWorld"),)),
    Vector("empty-data", (b"data:\n\n",), (event(""),)),
    Vector("type", (b"event: greeting\ndata: Hello\n\n",), (event("Hello", "greeting"),)),
    Vector("id", (b"id: abc\ndata: Hello\n\n",), (event("Hello", id="abc"),), "abc"),
    Vector(
        "type-and-id",
        (b"event: greeting\nid: abc\ndata: Hello\n\n",),
        (event("Hello", "greeting", "abc"),),
        "abc",
    ),
    Vector("id-with-null", (b"id: a\0bc\ndata: Hello\n\n",), (_HELLO,)),
    Vector(
        "id-stays",
        (b"id: abc\ndata: first\n\n", b"data: second\n\n"),
        (event("first", id="abc"), event("second", id="abc")),
        "abc",
    ),
    Vector(
        "id-is-reset",
        (b"id: abc\ndata: first\n\n", b"id: \ndata: second\n\n"),
        (event("first", id="abc"), event("second")),
    ),
    Vector(
        "fields-in-reverse-order",
        (b"data: Hello\nid: abc\nevent: greeting\n\n",),
        (event("Hello", "greeting", "abc"),),
        "abc",
    ),
    Vector(
        "unknown-field",
        (b"event: greeting\ncolor: blue\ndata: Hello\n\n",),
        (event("Hello", "greeting"),),
    ),
    Vector("no-leading-space", (b"event:greeting\ndata:Hello\n\n",), (event("Hello", "greeting"),)),
    Vector(
        "two-leading-spaces",
        (b"event:  greeting\ndata:  Hello\n\n",),
        (event(" Hello", " greeting"),),
    ),
    Vector("no-colon", (b"data\n\ndata\ndata\n\n",), (event(""), event("\n"))),
    Vector("multi-byte", (f"data: {_MULTI_BYTE}\n\n".encode(),), (event(_MULTI_BYTE),)),
    Vector(
        "many-messages",
        (b"".join(b"data: message %d\n\n" % number for number in range(100)),),
        tuple(event(f"message {number}") for number in range(100)),
    ),
    Vector(
        "multi-byte-in-single-bytes",
        tuple(bytes([byte]) for byte in f"data: {_MULTI_BYTE}\n\n".encode()),
        (event(_MULTI_BYTE),),
    ),
)

_BOM_TEXT = BOM.decode()

BYTE_ORDER_MARK = (
    Vector("bom-at-start", (BOM + b"data: Hello\n\n",), (_HELLO,)),
    Vector(
        "bom-before-type-and-id",
        (BOM + b"event: greeting\nid: abc\ndata: Hello\n\n",),
        (event("Hello", "greeting", "abc"),),
        "abc",
    ),
    Vector(
        "bom-before-two-messages",
        (BOM + b"data: First\n\ndata: Second\n\n",),
        (event("First"), event("Second")),
    ),
    Vector(
        "bom-in-later-data",
        (b"data: First\n\n", b"data: " + BOM + b"Second\n\n"),
        (event("First"), event(_BOM_TEXT + "Second")),
    ),
    Vector("bom-in-two-chunks", (BOM[:2], BOM[2:] + b"data: Hello\n\n"), (_HELLO,)),
    Vector("bom-byte-by-byte", (BOM[:1], BOM[1:2], BOM[2:], b"data: Hello\n\n"), (_HELLO,)),
    Vector(
        "bom-at-start-and-in-data",
        (BOM + b"data: " + BOM + b"Hello\n\n",),
        (event(_BOM_TEXT + "Hello"),),
    ),
    Vector("no-bom", (b"data: Hello\n\n",), (_HELLO,)),
    Vector(
        "bom-before-two-lines", (BOM + b"data: Line1\ndata: Line2\n\n",), (event("Line1\nLine2"),)
    ),
    Vector("bom-before-comment", (BOM + b":comment\ndata: Hello\n\n",), ("comment", _HELLO)),
    Vector("bom-before-empty-data", (BOM + b"data:\n\n",), (event(""),)),
)

COMMENTS = (
    Vector("comment", (b":Hello\n",), ("Hello",)),
    Vector("two-comments", (b":Hello\n", b":World\n"), ("Hello", "World")),
    Vector("comment-before-event", (b":Hello\n", b"data: Hello\n\n"), ("Hello", _HELLO)),
    Vector("comment-after-event", (b"data: Hello\n\n", b":Hello\n"), (_HELLO, "Hello")),
)

RECONNECTION = (
    Vector(
        "last-id-of-an-earlier-event",
        (b"id: abc\ndata: Hello\n\n", b"data: World\n\n"),
        (event("Hello", id="abc"), event("World", id="abc")),
        "abc",
    ),
    Vector(
        "last-id-reset",
        (b"id: abc\ndata: Hello\n\n", b"id: \ndata: World\n\n"),
        (event("Hello", id="abc"), event("World")),
    ),
    Vector(
        "unfinished-event-is-dropped-with-its-id",
        (b"id: abc\ndata: Hello\n\nid: def\ndata: Goodbye",),
        (event("Hello", id="abc"),),
        "abc",
    ),
)

_LINES: tuple[tuple[str, str, tuple[Event, ...]], ...] = (
    ("one-line", "data: event 1||", (event("event 1"),)),
    (
        "one-line-and-two-lines",
        "data: event 1||data: event 2 line 1|data: event 2 line 2||",
        (event("event 1"), event("event 2 line 1\nevent 2 line 2")),
    ),
    (
        "empty-line-at-the-beginning",
        "data:|data: line2|data: line3||",
        (event("\nline2\nline3"),),
    ),
    ("empty-line-in-the-middle", "data: line1|data:|data: line3||", (event("line1\n\nline3"),)),
    ("one-blank-line", "data: event 1|||data: event 2||", (event("event 1"), event("event 2"))),
    ("two-blank-lines", "data: event 1||||data: event 2||", (event("event 1"), event("event 2"))),
)
_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}

LINE_ENDS = (
    *(
        Vector(f"{name}-{end}", (text.replace("|", _ENDS[end]).encode(),), items)
        for end in _ENDS
        for name, text, items in _LINES
    ),
    Vector(
        "crlf-in-two-chunks",
        (b"data: Hello\r", b"\ndata: World\r", b"\n\r\ndata: OK\r", b"\n", b"\r", b"\n"),
        (event("Hello\nWorld"), event("OK")),
    ),
)

CONTRACT = (*PARSING, *BYTE_ORDER_MARK, *COMMENTS, *RECONNECTION, *LINE_ENDS)

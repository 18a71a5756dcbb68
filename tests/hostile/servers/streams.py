"""Event streams whose lines, events, ids and fields are hostile (WHATWG HTML, section 9.2)."""

from typing import Any

from tests.hostile.servers.heads import ESCAPES
from tests.hostile.servers.inputs import ANY, CHUNKED, LIVE, Input, chunk
from tests.hostile.servers.script import REQUEST, Act, Pause, Repeat

BIG = b"a" * 65_536


def _stream(name: str, *body: Act, **more: Any) -> Input:
    acts = [chunk(act) if isinstance(act, bytes) else act for act in body]
    script = (REQUEST, CHUNKED, *acts)
    return Input(f"stream: {name}", script, **{"direct": LIVE, **more})


def _lines(name: str, data: bytes, **more: Any) -> Input:
    return _stream(name, Repeat(chunk(data), every_s=0.1), **{"verdicts": ANY, **more})


FLOODS = (
    _stream("a line without end", Repeat(chunk(BIG))),
    _stream("an event without end", Repeat(chunk(b"data: a\n" * 4096)), never=frozenset()),
    _stream("comments without end", Repeat(chunk(b": ping\n\n" * 4096)), verdicts=ANY),
    _stream("events without end", Repeat(chunk(b"data: a\n\n" * 4096)), verdicts=ANY),
    _stream("ids without end", Repeat(chunk(b"id: 1\n" * 4096)), never=frozenset()),
    _stream("blank lines without end", Repeat(chunk(b"\n" * 32_768)), verdicts=ANY),
    _stream("types without end", Repeat(chunk(b"event: " + BIG + b"\n")), never=frozenset()),
    _stream("empty data without end", Repeat(chunk(b"data\n" * 4096)), never=frozenset()),
    _stream("one byte at a time", Repeat(chunk(b"a")), never=frozenset()),
    _stream("carriage returns", Repeat(chunk(b"data: a\r\r" * 4096)), verdicts=ANY),
    _stream(
        "a stream that drips", *(a for c in b"data: 1\n\n" * 2 for a in (bytes([c]), Pause(0.3)))
    ),
)
"""Without a limit of their own; each floods at full speed."""
ENDPOINT = b"event: endpoint\ndata: %b\n\n"
FIELDS = (
    _lines("escapes in the data", b"data: " + ESCAPES + b"\n\n"),
    _lines("escapes in the type", b"event: " + ESCAPES + b"\ndata: 1\n\n"),
    _lines("escapes in the id", b"id: " + ESCAPES + b"\ndata: 1\n\n"),
    _lines("escapes in a comment", b":" + ESCAPES + b"\n\n"),
    _lines("escapes in a field's name", ESCAPES + b": 1\ndata: 1\n\n"),
    _lines("a NUL in the id", b"id: a\0b\ndata: 1\n\n"),
    _lines("a retry of 5000 digits", b"retry: " + b"9" * 5000 + b"\ndata: 1\n\n"),
    _lines("a retry in other digits", "retry: ٣\ndata: 1\n\n".encode()),
    _lines("a retry that is negative", b"retry: -1\ndata: 1\n\n"),
    _lines("an id of 100 KB", b"id: " + b"i" * 100_000 + b"\ndata: 1\n\n"),
    _lines("a type of 100 KB", b"event: " + b"t" * 100_000 + b"\ndata: 1\n\n"),
    _lines("marks of byte order", b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n"),
    _lines("surrogates", b"data: \xed\xa0\x80\xed\xb0\x80\n\n"),
    _lines("noncharacters", "data: \ufffe\uffff\U0010ffff\n\n".encode()),
    _lines("no space and no colon", b"data\ndata\n\n:\n\n"),
    _lines("an error in JSON, nested", b'data: {"error": ' + b"[" * 50_000 + b"\n\n"),
    _lines("an error that is huge", b'data: {"error": {"code": ' + b"9" * 50_000 + b"}}\n\n"),
    _lines("[DONE] and more", b"data: [DONE]\n\n"),
    _lines("a session id", ENDPOINT % b"/messages?session_id=s3cr3t-sess", absent=("s3cr3t-sess",)),
)
"""Fields of events."""
ENDPOINTS = (
    _lines("endpoint elsewhere", ENDPOINT % b"http://192.0.2.1/steal"),
    _lines("endpoint is a script", ENDPOINT % b"javascript:alert(1)"),
    _lines("endpoint is a file", ENDPOINT % b"file:///etc/passwd"),
    _lines("endpoint without a scheme", ENDPOINT % b"//192.0.2.1/x"),
    _lines("endpoint with a backslash", ENDPOINT % b"\\\\192.0.2.1\\x"),
    _lines("endpoint with a user", ENDPOINT % b"http://user:s3cr3t-pass@127.0.0.1/",
           absent=("s3cr3t-pass",)),
    _lines("endpoint with escapes", ENDPOINT % (b"/" + ESCAPES)),
    _lines("endpoint with a CR", ENDPOINT % b"/x HTTP/1.1%0d%0aX: y"),
    _lines("endpoint with bytes", ENDPOINT % b"/\xff\xfe"),
    _lines("endpoint of 1 MB", ENDPOINT % (b"/" + b"a" * 1_000_000)),
    _lines("endpoint of 4 KB", ENDPOINT % (b"/" + b"a" * 4_000)),
    _lines("endpoint empty", ENDPOINT % b""),
    _lines("endpoint with a wrong port", ENDPOINT % b"http://127.0.0.1:99999999/"),
    _lines("endpoint with an open bracket", ENDPOINT % b"http://[::1/"),
    _lines("endpoint of spaces", ENDPOINT % b"   "),
    _lines("many endpoints", b"".join(ENDPOINT % b"/%d" % i for i in range(100))),
)  # fmt: skip
"""Endpoint events: no message may be posted elsewhere."""

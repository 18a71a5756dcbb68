"""Status lines, headers, interim answers and redirects (RFC 9112, sections 4 and 5)."""

from typing import Any

from tests.hostile.servers.inputs import ANY, CHUNKED, EVENT, HEAD, LIVE, Input, chunk
from tests.hostile.servers.script import REQUEST, Act, Pause, Repeat

STREAM = b"Content-Type: text/event-stream\r\n\r\n" + EVENT
ESCAPES = b"\x1b[31m\x1b]0;x\x07\x9b2J\xe2\x80\xae\x7f\x08"
"""Colours, a title, a C1 control, a right-to-left override, a delete and a backspace."""


NOT_ONE: dict[str, Any] = {"words": ("not HTTP|not valid HTTP",)}
MORE = Repeat(EVENT, every_s=0.1)
"""Events without end."""


def _line(name: str, line: bytes, **more: Any) -> Input:
    words = () if "verdicts" in more else NOT_ONE["words"]
    script = (REQUEST, line + b"\r\n" + STREAM, MORE)
    return Input(f"status line: {name}", script, **{"direct": LIVE, "words": words, **more})


def _field(name: str, field: bytes, *rest: Act, **more: Any) -> Input:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + field
    script = (REQUEST, head, *(rest or (b"\r\n", MORE)))
    return Input(f"field: {name}", script, **{"direct": LIVE, **more})


def _raw(name: str, *script: Act, **more: Any) -> Input:
    return Input(name, script, **{"direct": LIVE, **more})


def _redirect(name: str, location: bytes, **more: Any) -> Input:
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    more = {"direct": LIVE, "words": ("302 to ",), **more}
    return Input(f"redirect: {name}", (REQUEST, head), **more)


STATUS_LINES = (
    _line("status 99", b"HTTP/1.1 99 Odd"),
    _line("status 1000", b"HTTP/1.1 1000 Odd"),
    _line("status 999", b"HTTP/1.1 999 Odd", words=("HTTP 999",)),
    _line("status 600", b"HTTP/1.1 600 Odd", words=("HTTP 600",)),
    _line("status 000", b"HTTP/1.1 000 Odd"),
    _line("status is a word", b"HTTP/1.1 abc Odd"),
    _line("status in other digits", "HTTP/1.1 \u0662\u0660\u0660 OK".encode()),
    _line("status negative", b"HTTP/1.1 -200 OK"),
    _line("no status", b"HTTP/1.1"),
    _line("no reason", b"HTTP/1.1 200", verdicts=ANY),
    _line("reason with bytes above 127", b"HTTP/1.1 200 \xff\xfe\x80", verdicts=ANY),
    _line("reason with escapes", b"HTTP/1.1 500 " + ESCAPES, words=("HTTP 500",)),
    _line("reason of 200 KB", b"HTTP/1.1 500 " + b"x" * 200_000),
    _line("HTTP/9.9", b"HTTP/9.9 200 OK"),
    _line("HTTP/0.9 by name", b"HTTP/0.9 200 OK"),
    _line("HTTP/2 by name", b"HTTP/2 200 OK"),
    _line("lower case", b"http/1.1 200 OK"),
    _line("HTTP/1.1 twice", b"HTTP/1.1 HTTP/1.1 200 OK"),
    _line("empty", b""),
    _line("ICY", b"ICY 200 OK"),
    _line("bytes above 127", b"\xff\xfe\xfd\xfc"),
    _line("a NUL", b"HTTP/1.1 200 \0"),
)
"""Status lines."""
NOT_HTTP = (
    _raw("closed at once", words=("closed before an answer",)),
    _raw("reset at once", "reset"),
    _raw("half closed at once", "half-close", words=("closed before an answer",)),
    _raw("closed after the request", REQUEST, words=("closed before an answer",)),
    _raw("reset after the request", REQUEST, "reset"),
    _raw("never an answer", REQUEST, "hold", verdicts=ANY, never=frozenset()),
    _raw("half closed after the request", REQUEST, "half-close"),
    _raw("an answer before the request", CHUNKED, Repeat(chunk(EVENT), every_s=0.1), verdicts=ANY),
    _raw("HTTP/0.9", REQUEST, b"data: 1\n\n", **NOT_ONE),
    _raw("HTTP/0.9, left open", REQUEST, Repeat(b"data: 1\n\n", every_s=0.1), **NOT_ONE),
    _raw("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n", "hold", words=("not HTTP but SSH",)),
    _raw("SMTP", b"220 mail.example.com ESMTP\r\n", "hold", words=("not HTTP but SMTP",)),
    _raw("a binary protocol", b"J\0\0\0\n8.0.36\0" + b"\x07" * 60, "hold",
         words=("not HTTP but MySQL",)),
    _raw("a TLS alert", REQUEST, b"\x15\x03\x01\x00\x02\x02\x46", words=("not HTTP but TLS",)),
    _raw("a line that never ends", REQUEST, Repeat(b"a" * 4096), **NOT_ONE),
    _raw("a head that never ends", REQUEST, b"HTTP/1.1 200 OK\r\n", Repeat(b"x: y\r\n" * 500)),
    _raw("a head that drips", REQUEST, b"HTTP/1.1 200 OK\r\n", Repeat(b"x: y\r\n", every_s=0.3),
         words=("of headers",)),
    _raw("a head letter by letter", REQUEST,
         *(act for byte in CHUNKED for act in (bytes([byte]), Pause(0.3)))),
    _raw("a head that stops", REQUEST, b"HTTP/1.1 200 OK\r\nContent-", "hold",
         words=("of headers",)),
    _raw("a head that is cut", REQUEST, b"HTTP/1.1 200 OK\r\nContent-", Pause(0.1)),
    _raw("a head that is reset", REQUEST, b"HTTP/1.1 200 OK\r\nContent-", Pause(0.1), "reset"),
    _raw("NULs", REQUEST, Repeat(b"\0" * 4096), **NOT_ONE),
    _raw("empty lines first", REQUEST, b"\r\n\r\n\r\n" + CHUNKED,
         Repeat(chunk(EVENT), every_s=0.1), verdicts=ANY),
)  # fmt: skip
"""Bytes, or none, in the place of an answer."""
FIELDS = (
    _field("one of 10 MB", b"x: " + b"a" * 10_000_000 + b"\r\n"),
    _field("100,000 of them", b"".join(b"x-%d: y\r\n" % i for i in range(100_000))),
    _field("5,000 small ones", b"".join(b"x-%d: y\r\n" % i for i in range(5_000)), verdicts=ANY),
    _field("folded", b"X-Long: a\r\n  b\r\n\tc\r\n", verdicts=ANY),
    _field("folded first", b" b\r\n", verdicts=ANY),
    _field("no colon", b"nonsense\r\n"),
    _field("no name", b": value\r\n"),
    _field("space before the colon", b"X-A : b\r\n"),
    _field("NUL", b"X-A: a\0b\r\n"),
    _field("CR alone", b"X-A: a\rX-B: b\r\n", verdicts=ANY),
    _field("bytes above 127", b"X-A: \xff\xfe\x80\r\n", verdicts=ANY),
    _field("name above 127", b"X-\xff: a\r\n"),
    _field("escapes in the type", b"Content-Type: text/\x1b[31m\r\n", verdicts=ANY),
    _field("escapes in the server", b"Server: " + ESCAPES + b"\r\n", verdicts=ANY),
    _field("bidi in the server", b"Server: \xe2\x80\xae\xe2\x81\xa6evil\r\n", verdicts=ANY),
    _field("escapes in Via", b"Via: 1.1 \x1b[31m\r\n", verdicts=ANY),
    _field("line feeds alone", b"", b"\n", MORE, verdicts=ANY),
    _field("XAB escapes", b"X-Accel-Buffering: \x1b[2J\r\n", verdicts=ANY),
)
"""Header fields."""
INTERIM = (
    _raw("100 without end", REQUEST, Repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
         words=("interim answers (1xx)",)),
    _raw("103 without end", REQUEST, Repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
    _raw("103 at times", REQUEST, Repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n", every_s=0.2),
         words=("interim answers (1xx)",)),
    _raw("100 once, then a stream", REQUEST, b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED,
         Repeat(chunk(EVENT), every_s=0.1), verdicts=ANY),
    _raw("101 unasked", REQUEST, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
         b"Connection: Upgrade\r\n\r\n", "hold"),
    _raw("102, then nothing", REQUEST, b"HTTP/1.1 102 Processing\r\n\r\n", "hold",
         words=("1 interim answer (1xx)",)),
    _raw("100 with a body", REQUEST, b"HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\nabc",
         "hold"),
    _raw("204 with a body", REQUEST, b"HTTP/1.1 204 No Content\r\n" + STREAM, "hold"),
    _raw("205 with a body", REQUEST, b"HTTP/1.1 205 Reset Content\r\n" + STREAM, "hold"),
    _raw("304 with a body", REQUEST, b"HTTP/1.1 304 Not Modified\r\n" + STREAM, "hold",
         words=("HTTP 304",), absent=("nowhere",)),
    _raw("200 without a body", REQUEST, HEAD + b"Content-Length: 90\r\n\r\n"),
    _raw("206 of a stream", REQUEST, b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-8/9"
         b"\r\n" + STREAM, "hold"),
    _raw("401 with escapes", REQUEST, b"HTTP/1.1 401 \r\nContent-Length: 0\r\nWWW-Authenticate: "
         b'Bearer realm="' + ESCAPES + b'", resource_metadata="file:///etc/passwd"\r\n\r\n'),
    _raw("401 with 1000 challenges", REQUEST, b"HTTP/1.1 401 \r\nContent-Length: 0\r\n"
         + b"WWW-Authenticate: Bearer a=b, Basic c=d, Digest\r\n" * 1000 + b"\r\n"),
    _raw("401 with open quotes", REQUEST, b"HTTP/1.1 401 \r\nContent-Length: 0\r\n"
         b'WWW-Authenticate: Bearer ' + b'a="\\' * 20_000 + b"\r\n\r\n"),
    _raw("407", REQUEST, b"HTTP/1.1 407 \r\nProxy-Authenticate: \x1b[1m\r\n"
         b"Content-Length: 0\r\n\r\n"),
    _raw("an error page that never ends", REQUEST,
         b"HTTP/1.1 500 \r\nContent-Type: text/html\r\n\r\n<title>" + ESCAPES + b"</title>",
         Repeat(b"<p>" * 1000)),
)  # fmt: skip
"""Interim answers, and statuses that contradict their body."""
REDIRECTS = (
    _redirect("a file", b"file:///etc/passwd"),
    _redirect("a script", b"javascript:alert(1)"),
    _redirect("another host", b"http://192.0.2.1/sse"),
    _redirect("itself", b"/sse"),
    _redirect("a longer path each time", b"/sse" + b"/sse" * 1000),
    _redirect("nothing", b""),
    _redirect("escapes", b"/" + ESCAPES),
    _redirect("user and password", b"http://user:s3cr3t-pass@192.0.2.1/", absent=("s3cr3t-pass",)),
    _redirect("no URL", b"http://[::1"),
    _redirect("a port that is none", b"http://127.0.0.1:99999999999/sse"),
    _redirect("bytes above 127", b"/\xff\xfe"),
    _redirect("two of them", b"/a\r\nLocation: /b"),
    _redirect("host with 5000 labels", b"http://" + b"a." * 5000 + b"/"),
)
"""Redirects; none is followed."""

"""TLS, WebSockets and MCP: what is agreed before a stream, and broken (RFC 8446, RFC 6455)."""

import struct
from typing import Any

from tests.hostile.servers.heads import ESCAPES
from tests.hostile.servers.inputs import ANY, CHUNKED, EVENT, HELD_CAUSES, LIVE, Input, chunk
from tests.hostile.servers.script import REQUEST, UPGRADED, Act, Pause, Repeat, Script, Wait
from tests.hostile.servers.tls import H1, Certificate, Tls

SOME = Wait(b"")
GOOD: Script = (REQUEST, CHUNKED, Repeat(chunk(EVENT), every_s=0.1))


def _tls(name: str, *script: Act, **more: Any) -> Input:
    return Input(f"TLS: {name}", script, **{"direct": LIVE, "scheme": "https", **more})


NO_SCHEME: dict[str, Any] = {"never": HELD_CAUSES | {"scheme-mismatch"}}
"""A port that speaks neither TLS nor HTTP."""
CERTIFICATES = (
    _tls("a good one", *GOOD, tls=H1, verdicts=ANY),
    _tls("an unknown authority", *GOOD, tls=Tls(Certificate(is_known=False)),
         words=("does not verify",)),
    _tls("expired", *GOOD, tls=Tls(Certificate(is_over=True)), words=("does not verify",)),
    _tls("another host", *GOOD, tls=Tls(Certificate("example.com")), words=("does not verify",)),
    _tls("h2 agreed, HTTP/1.1 spoken", *GOOD, tls=Tls(alpn=("h2",)), by_protocol={},
         words=("not HTTP|not valid HTTP/2|closed before",)),
    _tls("plain HTTP", SOME, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    _tls("an alert", SOME, b"\x15\x03\x03\x00\x02\x02\x28", words=("TLS failed",)),
    _tls("garbage", SOME, b"\xff" * 4096, words=("TLS failed",), **NO_SCHEME),
    _tls("a record too long", SOME, b"\x16\x03\x03\xff\xff" + b"\0" * 65_535, "hold",
         words=("TLS failed",), **NO_SCHEME),
    _tls("garbage without end", SOME, Repeat(b"\x16\x03\x03\x40\x00" + b"\0" * 16_384),
         words=("TLS failed|no TLS handshake",)),
    _tls("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n", "hold", words=("TLS failed",), **NO_SCHEME),
    _tls("closed in the handshake", SOME),
    _tls("reset in the handshake", SOME, "reset"),
    _tls("silent in the handshake", SOME, "hold", words=("no TLS handshake",)),
    _tls("a handshake that drips", SOME, Repeat(b"\x16\x03\x03\x40", every_s=0.2)),
    _tls("closed without notice", REQUEST, CHUNKED, chunk(EVENT), Pause(0.1), tls=H1),
)  # fmt: skip
"""Certificates and handshakes."""


def _frame(first: int, payload: bytes = b"", length: bytes | None = None) -> bytes:
    size = bytes([len(payload)]) if length is None else length
    return bytes([first]) + size + payload


def _websocket(name: str, *acts: Act, **more: Any) -> Input:
    """A server that opens the WebSocket, then acts."""
    more = {"options": {"upgrade": True}, **more}
    return Input(f"WebSocket: {name}", (REQUEST, "upgrade", *acts), **more)


def _refused(name: str, fields: bytes) -> Input:
    """A server whose 101 no client may take."""
    options = {"upgrade": True}
    script: Script = (REQUEST, UPGRADED + fields + b"\r\n", "hold")
    return Input(f"WebSocket: {name}", script, ("no WebSocket",), options=options)


BAD_FRAME: dict[str, Any] = {"words": ("not a WebSocket's frames",)}
LENGTH_63 = b"\x7f" + struct.pack(">Q", (1 << 63) - 1)
WEBSOCKETS = (
    _refused("a wrong accept", b"Sec-WebSocket-Accept: zorp\r\n"),
    _refused("no accept", b""),
    _refused("an accept with escapes", b"Sec-WebSocket-Accept: \x1b[31m\r\n"),
    _websocket("messages without end", Repeat(_frame(0x81, b"x") * 1000), verdicts=ANY),
    _websocket("pings without end", Repeat(_frame(0x89, b"x") * 1000), verdicts=ANY),
    _websocket(
        "fragments without end", _frame(0x01, b"x"), Repeat(_frame(0x00, b"x") * 1000), verdicts=ANY
    ),
    _websocket("a masked frame", _frame(0x81, b"\0\0\0\0x", b"\x81"), "hold", **BAD_FRAME),
    _websocket("a kind that is reserved", _frame(0x83, b"x"), "hold", **BAD_FRAME),
    _websocket("a ping in fragments", _frame(0x09, b"x"), "hold", **BAD_FRAME),
    _websocket("a ping of 126 bytes", _frame(0x89, b"x" * 126, b"\x7e\0\x7e"), "hold", **BAD_FRAME),
    _websocket("a fragment of nothing", _frame(0x80, b"x"), "hold", **BAD_FRAME),
    _websocket(
        "a frame of 2^63", _frame(0x82, length=LENGTH_63), Repeat(b"x" * 4096), verdicts=ANY
    ),
    _websocket("escapes", Repeat(_frame(0x81, ESCAPES), every_s=0.1), verdicts=ANY),
    _websocket(
        "bytes that are no UTF-8", Repeat(_frame(0x81, b"\xff\xfe"), every_s=0.1), verdicts=ANY
    ),
    _websocket("a close with escapes", _frame(0x88, b"\x03\xe8" + ESCAPES), "hold"),
    _websocket("a close of one byte", _frame(0x88, b"x"), "hold"),
    _websocket("HTTP once more", b"HTTP/1.1 200 OK\r\n\r\n", "hold", **BAD_FRAME),
    _websocket("cut in a frame", _frame(0x81, b"x", b"\x7d")),
)
"""Answers to an upgrade, and frames."""


def _mcp(name: str, body: bytes, fields: bytes = b"", **more: Any) -> Input:
    """Every request gets the same JSON."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(
        body
    )
    script = (REQUEST, head + fields + b"\r\n" + body)
    more = {"path": "/mcp", "options": {"mcp": "always"}, **more}
    return Input(f"MCP: {name}", script, **more)


OPENED = b'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{}}}'
MCP = (
    _mcp("an answer that is none", b"null"),
    _mcp("nested 100,000 deep", b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 100_000),
    _mcp("a huge number", b'{"jsonrpc":"2.0","id":' + b"9" * 100_000 + b"}"),
    _mcp("a huge exponent", b'{"jsonrpc":"2.0","id":1e999999999,"result":NaN}'),
    _mcp("another id", OPENED.replace(b'"id":1', b'"id":"other"')),
    _mcp("a batch", b"[" + b",".join([OPENED] * 1000) + b"]"),
    _mcp("an error with escapes", b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"'
         b'\\u001b[31m\\u202e\\ud800"}}'),
    _mcp("fields of wrong types", b'{"jsonrpc":2,"id":[],"result":{"protocolVersion":{},'
         b'"capabilities":[]},"error":7}'),
    _mcp("a version with escapes", OPENED.replace(b"2025-06-18", b"\\u001b[2J")),
    _mcp("bytes that are no UTF-8", OPENED.replace(b"2025-06-18", b"\xff\xfe")),
    _mcp("a session id with escapes", OPENED, b"Mcp-Session-Id: a\x1b[31mb\r\n"),
    _mcp("a session id of bytes", OPENED, b"Mcp-Session-Id: \xff\xfe\r\n"),
    _mcp("a session id of 60 KB", OPENED, b"Mcp-Session-Id: " + b"s" * 60_000 + b"\r\n"),
    _mcp("a session id that is secret", OPENED, b"Mcp-Session-Id: s3cr3t-sess\r\n",
         absent=("s3cr3t-sess",)),
    _mcp("surrogates", b'{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"\\ud83d"}}}'),
    _mcp("escapes", b'{"jsonrpc":"2.0","id":1,"error":"' + ESCAPES + b'"}'),
)  # fmt: skip
"""Answers to the messages of a handshake."""

"""A backend that answers POST with a stream, as the APIs of language models do."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from tests.probe.scripted import chunk

TOKENS = 16


@dataclass(frozen=True)
class Format:
    """How tokens are written: media type, one token, and what follows the last one."""

    media_type: str
    token: bytes
    end: bytes = b""


OPENAI = Format(
    "text/event-stream",
    b'data: {"choices":[{"delta":{"content":"token"}}]}\n\n',
    b"data: [DONE]\n\n",
)
ANTHROPIC = Format(
    "text/event-stream; charset=utf-8",
    b'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"token"}}\n\n',
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
)
OLLAMA = Format("application/x-ndjson", b'{"response":"token","done":false}\n', b'{"done":true}\n')
GEMINI = Format("application/json", b'[{"candidates":[{"text":"token"}]},\n', b"{}]\n")
PLAIN = Format("text/plain; charset=utf-8", b"token ", b"end\n")
GRPC_WEB = Format("application/grpc-web+proto", b"\0\0\0\0\x05token")
MULTIPART = Format("multipart/mixed; boundary=-", b"---\r\n\r\ntoken\r\n", b"-----\r\n")
FORMATS = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "ollama": OLLAMA,
    "gemini": GEMINI,
    "plain": PLAIN,
    "grpc-web": GRPC_WEB,
    "multipart": MULTIPART,
}


@dataclass
class PostBackend:
    """Answers each POST with a stream, and any other method with 405.

    Attributes:
        token_s: How long each token takes, in seconds.
        thinking_s: How long the first token takes, in seconds.
        answers_get: Whether a GET is answered as a POST.
        error_after: After how many tokens an error object ends the stream; None for never.
        bodies: The bodies that were received.
    """

    format: Format = OPENAI
    error_after: int | None = None
    token_s: float = 0.08
    thinking_s: float = 0.0
    answers_get: bool = False
    methods: Counter[str] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's request, and close it."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, version = head.split(b"\r\n")[0].decode().split(" ")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        self.bodies.append(await reader.readexactly(int(headers.get(b"content-length", b"0"))))
        if path != "/":
            self.methods[method] += 1
        if method != "POST" and not self.answers_get:
            writer.write(b"HTTP/1.1 405 Not Allowed\r\nAllow: POST\r\nContent-Length: 0\r\n\r\n")
            return
        await asyncio.sleep(self.thinking_s)
        await self._stream(writer, is_chunked=version == "HTTP/1.1")

    async def _stream(self, writer: asyncio.StreamWriter, *, is_chunked: bool) -> None:
        framing = "Transfer-Encoding: chunked" if is_chunked else "Connection: close"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {self.format.media_type}\r\n{framing}\r\n\r\n"
        writer.write(head.encode())
        for number in range(TOKENS):
            if number == self.error_after:
                error = b'data: {"error":{"message":"overloaded"}}\n\n'
                writer.write(chunk(error) if is_chunked else error)
                break
            token = self.format.token
            writer.write(chunk(token) if is_chunked else token)
            await writer.drain()
            await asyncio.sleep(self.token_s)
        else:
            end = self.format.end
            writer.write(chunk(end) if is_chunked and end else end)
        writer.write(b"0\r\n\r\n" if is_chunked else b"")

"""A small MCP server with sessions of its own, and a real Nginx in front of one or several."""

import asyncio
import itertools
import json
import subprocess
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_check import investigate
from tests.probe.mcp.server import RESULT, Request, event, read, response, result
from tests.probe.scripted import CHUNKED, Act, chunk, serving
from wizard.diagnose.diagnose import diagnose
from wizard.lab.nginx_process import Nginx, free_ports, require_patch
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Source, Target

Refusal = Callable[[Request], bytes | None]
"""Returns the answer to a request that is not served, None for one that is."""


def serve_all(_request: Request) -> None:
    """Refuse nothing."""


@dataclass
class Bot:
    """HTTP+SSE at `/sse` (messages at `message`), Streamable HTTP at `/mcp`, an event stream at
    `/events` and `/x/events`.

    Attributes:
        refuse: Asked before each request, except for `/`.
        unknown: The answer to a message of an unknown session; None never answers.
        message: The path that the endpoint event names.
        headers: Sent with each answer, `Access_Control_Allow_Origin` and the like.
        pages: Fixed answers by path.
        requests: Every request, in order.
        ids: The ids of its sessions.
    """

    refuse: Refusal = serve_all
    unknown: bytes | None = response(404, b"session not found", kind="text/plain")
    message: str = "/message"
    headers: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    ids: Iterator[str] = field(default_factory=lambda: (uuid.uuid4().hex for _ in iter(int, 1)))
    _streams: dict[str, asyncio.StreamWriter] = field(default_factory=dict)
    _sessions: set[str] = field(default_factory=set)

    def knows(self, request: Request) -> bool:
        """True if the request belongs to a session of this bot."""
        session = request.headers.get("mcp-session-id", "")
        return (
            session in self._sessions or request.path.partition("session_id=")[2] in self._streams
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection with one request."""
        await self.handle(await read(reader), reader, writer)

    async def handle(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one request."""
        self.requests.append(request)
        path = "/" + request.path.partition("?")[0].lstrip("/")
        refusal = None if path == "/" else self.refuse(request)
        if refusal is not None or path in self.pages:
            writer.write(self.pages[path] if refusal is None else refusal)
        elif request.method == "GET" and path in ("/sse", "/events", "/x/events"):
            await self._stream(reader, writer, path)
        elif request.method == "POST" and path == self.message:
            await self._take_message(request, reader, writer)
        elif path == "/mcp":
            await self._answer(request, reader, writer)
        else:
            status = 200 if path == "/" else 404
            writer.write(response(status, b"here is the bot", kind="text/plain"))
        await writer.drain()

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> None:
        session = next(self.ids)
        own = "".join(
            f"{name.replace('_', '-')}: {value}\r\n" for name, value in self.headers.items()
        )
        writer.write(CHUNKED.replace(b"\r\n\r\n", b"\r\n" + own.encode() + b"\r\n"))
        first = event(f"{self.message}?session_id={session}".encode(), "endpoint")
        writer.write(chunk(first if path == "/sse" else event(b"1", "tick")))
        self._streams[session] = writer
        leaving = asyncio.ensure_future(reader.read())
        try:
            while not leaving.done():
                await asyncio.wait({leaving}, timeout=0.2)
                writer.write(chunk(b": ping\n\n"))
                await writer.drain()
        finally:
            leaving.cancel()
            self._streams.pop(session, None)

    async def _take_message(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session = parse_qs(urlsplit(request.path).query).get("session_id", [""])[0]
        stream = self._streams.get(session)
        if stream is None:
            await self._answer_unknown(reader, writer)
            return
        writer.write(response(202, b"Accepted", "text/plain", **self.headers))
        if reply := _reply(request):
            stream.write(chunk(event(reply)))
            await stream.drain()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session = request.headers.get("mcp-session-id", "")
        if request.method == "DELETE":
            self._sessions.discard(session)
        if request.method != "POST":
            writer.write(response(405 if request.method == "GET" else 200, b"", **self.headers))
            return
        name, extra = request.name, dict(self.headers)
        if name == "initialize":
            session = extra["Mcp-Session-Id"] = next(self.ids)
            self._sessions.add(session)
        elif name == "server/discover":
            writer.write(response(400, b"unknown version", kind="text/plain"))
            return
        elif session not in self._sessions:
            await self._answer_unknown(reader, writer)
            return
        reply = _reply(request)
        writer.write(response(200 if reply else 202, reply, **extra))

    async def _answer_unknown(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.unknown is None:
            await reader.read()
        else:
            writer.write(self.unknown)


def _reply(request: Request) -> bytes:
    body = json.loads(request.body)
    results = {"initialize": RESULT, "tools/list": {"tools": []}}
    return result(results.get(body["method"], {}), body["id"]) if "id" in body else b""


def workers(bots: Sequence[Bot]) -> Act:
    """Several workers behind one address.

    Of the requests of a session the first one reaches another worker, and then every second one;
    others go to the workers in turn.
    """
    turn, seen = itertools.cycle(bots), Counter[str]()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, chosen = await read(reader), next(turn)
        if owner := next((bot for bot in bots if bot.knows(request)), None):
            others = [bot for bot in bots if bot is not owner]
            session = request.headers.get("mcp-session-id", request.path)
            seen[session] += 1
            chosen = others[0] if seen[session] % 2 else owner
        await chosen.handle(request, reader, writer)

    return act


def peers(*bots: Bot) -> tuple[Act, ...]:
    """The servers of these bots, each at an address of its own."""
    return tuple(bot.serve for bot in bots)


@asynccontextmanager
async def behind_nginx(
    nginx: str,
    folder: Path,
    servers: Sequence[Act],
    server: str,
    *,
    path: str = "/sse",
    direct: str = "",
    http: str = "",
    main: str = "",
) -> AsyncIterator[Target]:
    """Run the servers and Nginx in front of them; yield a target with all evidence.

    Args:
        server: Directives of the server block, `http` those of the level above, `main` those
            outside of it; `$BOT1`, `$BOT2`, … are the servers' addresses, `$LISTEN` is Nginx's own.
        path: The path of the URL, `direct` that of the direct URL where it differs.
    """
    async with AsyncExitStack() as stack:
        urls = [
            await stack.enter_async_context(serving(each, read_first=False)) for each in servers
        ]
        (port,) = free_ports(1)
        names = {f"$BOT{index}": urlsplit(url).netloc for index, url in enumerate(urls, 1)}
        names["$LISTEN"] = f"127.0.0.1:{port}"
        for name, value in names.items():
            server, http = server.replace(name, value), http.replace(name, value)
        running = running_nginx(nginx, folder, port, server, http, main)
        conf = await stack.enter_async_context(running)
        direct_url = f"http://{names['$BOT1']}{direct or path}"
        logs = tuple(Source(str(conf.parent / name)) for name in ("access.log", "error.log"))
        url = f"http://127.0.0.1:{port}{path}"
        yield Target(url, (Source(direct_url),), Source(str(conf)), logs, stall=4.0)


class _Running(Nginx):
    """The Nginx of a config that runs already."""

    @property
    def pid(self) -> int:
        return int((self.conf.parent / "nginx.pid").read_text("ascii"))


async def apply(nginx: str, target: Target, diff: str) -> None:
    """Apply the diff to the target's config and reload its Nginx, which accepts it."""
    assert target.conf is not None
    conf = Path(target.conf.locator)
    words = [require_patch(), "-p0", "--forward", "--batch", "--silent"]
    await asyncio.to_thread(
        subprocess.run, words, input=diff, text=True, cwd=conf.parent, check=True
    )
    await _Running(nginx, conf, ()).reload()


def subsets(target: Target) -> tuple[Target, ...]:
    """The target with all evidence, with the URL and the direct URL, and with the URL alone."""
    direct = replace(target, conf=None, logs=())
    return target, direct, replace(direct, direct=())


async def conclude(target: Target) -> tuple[Case, Diagnosis]:
    """The case of one investigation, and its diagnosis."""
    case = (await investigate(target)).case
    return case, diagnose(case)


def causes(diagnosis: Diagnosis) -> dict[str, str]:
    """The confidence of each cause by its id."""
    return {cause.id: cause.confidence for cause in diagnosis.causes}


def faults(diagnosis: Diagnosis) -> set[str]:
    """The causes that are more than possible."""
    return {cause.id for cause in diagnosis.causes if cause.confidence != "possible"}

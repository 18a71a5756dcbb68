"""Investigate a real Nginx whose logs already hold requests of other clients."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

from tests.nginx_real.test_check import case_and_diagnosis, investigate
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis

HEALTHY = scenario_named("healthy")
FORMAT = (
    'log_format ingress \'$remote_addr - $remote_user [$time_local] "$request" $status '
    '$body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [pod] [] '
    "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status "
    "$request_id';"
)
"""The format of ingress-nginx."""
WAIT_S = 5.0
"""How long an answer is waited for, in seconds."""


async def send(url: str, request: str, *headers: str, body: str = "") -> int | None:
    """Send one request and return the status of the answer; None for a closed connection."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    lines = (f"{request} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: mcp/1", *headers)
    length = (f"Content-Length: {len(body)}",) if body or request.startswith("POST") else ()
    writer.write("\r\n".join((*lines, *length, "Connection: close", "", body)).encode())
    try:
        async with asyncio.timeout(WAIT_S):
            status = await reader.readline()
            # Nginx writes its log line when the answer is complete.
            await reader.read()
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return int(status.split()[1]) if status else None


async def investigate_after(
    nginx: str,
    server: str,
    requests: Sequence[tuple[str, ...]],
    *,
    http: str = "",
    body: str = "",
) -> tuple[Case, Diagnosis, list[int | None]]:
    """Send these requests, then investigate; return the statuses of their answers as well.

    Each request is its method and path, and further header lines.
    """
    scenario = replace(HEALTHY, server=server, http=http, backend=Behaviour(ping_s=0.2))
    async with Lab(scenario, nginx=nginx) as lab:
        statuses = [await send(lab.url, *request, body=body) for request in requests]
        return (*case_and_diagnosis(await investigate(lab.target)), statuses)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves one connection."""


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """A server on loopback whose connections end with it; yield its port."""
    tasks = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A server that accepts requests and answers none; yield its port."""

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(wait) as port:
        yield port

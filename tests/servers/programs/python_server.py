"""Serve one server of the ecosystem: `python python_server.py KIND PORT`.

Run by the servers' own environment (`make test-servers`), not by the tests'.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

HOST = "127.0.0.1"
TICK_S = 0.3


def add_tools(server: Any, count: int) -> None:
    """Register tools whose list is some 500 bytes each."""
    for number in range(count):

        def tool(text: str) -> str:
            return text

        description = f"Tool {number}. " + "It returns what it is given. " * 12
        server.tool(name=f"tool_{number}", description=description)(tool)


def add_slow_tool(server: Any, context: Any) -> None:
    """Register a tool that reports its progress."""

    async def slow(duration: float, steps: int, ctx: Any) -> str:
        for number in range(steps):
            await ctx.report_progress(number, steps)
            await asyncio.sleep(duration / steps)
        return "done"

    # Both libraries find their context argument by its type.
    slow.__annotations__["ctx"] = context
    server.tool()(slow)


def mcp(transport: str, tools: int) -> Callable[[int], None]:
    """The official SDK's server."""

    def run(port: int) -> None:
        from mcp.server.mcpserver import Context, MCPServer

        server = MCPServer("servers")
        add_tools(server, tools)
        add_slow_tool(server, Context)
        server.run(transport=transport, host=HOST, port=port)  # type: ignore[call-overload]

    return run


def fastmcp(transport: str) -> Callable[[int], None]:
    def run(port: int) -> None:
        from fastmcp import Context, FastMCP

        server = FastMCP("servers")
        add_tools(server, 12)
        add_slow_tool(server, Context)
        server.run(transport=transport, host=HOST, port=port, show_banner=False)

    return run


def fastmcp_mounted(port: int) -> None:
    """FastMCP inside another application, under `/mcp`: Starlette redirects `/mcp` to `/mcp/`."""
    import uvicorn
    from fastmcp import FastMCP
    from starlette.applications import Starlette
    from starlette.routing import Mount

    server = FastMCP("servers")
    add_tools(server, 12)
    inner = server.http_app(path="/")
    app = Starlette(routes=[Mount("/mcp", app=inner)], lifespan=inner.lifespan)
    uvicorn.run(app, host=HOST, port=port)


def tick(number: int, size: int = 0) -> str:
    """The data of one event: its number, when it was sent, and filling of this size."""
    return json.dumps({"number": number, "sent_at": time.time(), "filling": "x" * size})


async def ticks(every: float, count: int, size: int) -> AsyncIterator[str]:
    number = 0
    while count == 0 or number < count:
        number += 1
        yield tick(number, size)
        await asyncio.sleep(every)


def sse_starlette(port: int) -> None:
    """An `EventSourceResponse`, which sends `X-Accel-Buffering: no` and pings."""
    import uvicorn
    from sse_starlette import EventSourceResponse
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.routing import Route

    async def endpoint(_: Request) -> EventSourceResponse:
        return EventSourceResponse({"data": data} async for data in ticks(TICK_S, 0, 0))

    uvicorn.run(Starlette(routes=[Route("/events", endpoint)]), host=HOST, port=port)


def starlette(
    every: float, count: int, size: int, limit: int | None = None
) -> Callable[[int], None]:
    """A plain `StreamingResponse`, without any header for proxies.

    Uvicorn answers 503 from the limit of requests at once on.
    """

    def run(port: int) -> None:
        import uvicorn
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import StreamingResponse
        from starlette.routing import Route

        async def endpoint(_: Request) -> StreamingResponse:
            events = (f"data: {data}\n\n" async for data in ticks(every, count, size))
            return StreamingResponse(events, media_type="text/event-stream")

        app = Starlette(routes=[Route("/events", endpoint)])
        uvicorn.run(app, host=HOST, port=port, limit_concurrency=limit)

    return run


KINDS: dict[str, Callable[[int], None]] = {
    "mcp-sse": mcp("sse", 12),
    "mcp-http": mcp("streamable-http", 12),
    "fastmcp-sse": fastmcp("sse"),
    "fastmcp-http": fastmcp("http"),
    "fastmcp-mounted": fastmcp_mounted,
    "sse-starlette": sse_starlette,
    "starlette": starlette(TICK_S, 0, 0),
    "starlette-large": starlette(1.0, 0, 7000),
    "starlette-fast": starlette(0.0125, 0, 250),
    "starlette-finite": starlette(0.15, 16, 0),
    "starlette-limited": starlette(TICK_S, 0, 0, limit=4),
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](int(sys.argv[2]))

"""The official MCP client as a judge: `python mcp_client.py sse|http URL SECONDS`.

It opens a session, lists the tools, and calls the one that takes long, if there is one, whose
progress must arrive while it runs. Prints a JSON object: `works`, and `why` it does not.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import AsyncExitStack

from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

SLOW_TOOLS = ("trigger-long-running-operation", "slow")
STEPS, DURATION_S = 4, 2.0


async def use(transport: str, url: str) -> str:
    """Use the server as a program does, and return what it gave."""
    connect = sse_client if transport == "sse" else streamable_http_client
    async with AsyncExitStack() as stack:
        reader, writer, *_ = await stack.enter_async_context(connect(url))
        session = await stack.enter_async_context(ClientSession(reader, writer))
        step["name"] = "initialize"
        await session.initialize()
        step["name"] = "tools/list"
        tools = (await session.list_tools()).tools
        slow = next((tool.name for tool in tools if tool.name in SLOW_TOOLS), None)
        if slow is not None:
            step["name"] = "progress"
            await watch_progress(session, slow)
        step["name"] = "end of the session"
        return f"{len(tools)} tools"


async def watch_progress(session: ClientSession, tool: str) -> None:
    """Call the tool. Raises `ValueError` unless its progress arrives while it runs."""
    arrived = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        arrived.append(time.monotonic())

    await session.call_tool(tool, {"duration": DURATION_S, "steps": STEPS}, progress_callback=note)
    ended = time.monotonic()
    if len(arrived) < STEPS - 1:
        raise ValueError(f"{len(arrived)} of {STEPS} notices")
    if ended - arrived[0] < DURATION_S / 3:
        raise ValueError("all notices at the end")


step = {"name": "connection"}


def first(error: BaseException) -> BaseException:
    """The first error of nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def main(transport: str, url: str, limit: float) -> dict[str, object]:
    started = time.monotonic()
    using = asyncio.ensure_future(use(transport, url))
    await asyncio.wait({using}, timeout=limit)
    seconds = time.monotonic() - started
    if not using.done():
        return {"works": False, "why": f"{step['name']}: no answer in {limit:.0f} s"}
    error = using.exception()
    if error is None:
        return {"works": True, "why": using.result(), "seconds": seconds}
    cause = first(error)
    return {"works": False, "why": f"{step['name']}: {type(cause).__name__}: {cause}"[:160]}


async def judge() -> None:
    print(json.dumps(await main(sys.argv[1], sys.argv[2], float(sys.argv[3]))), flush=True)  # noqa: T201
    # Not by return: a client that hangs does so in its clean-up too.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(judge())

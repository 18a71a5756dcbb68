"""The official MCP client as a judge: `python mcp_client.py sse|http URL`.

It opens a session and lists the tools. Prints a JSON object: `works`, and `why` it does not.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

LIMIT_S = 8.0
"""Longer than any of these servers needs, shorter than anyone waits for a list of tools."""


async def list_tools(transport: str, url: str) -> int:
    connect = sse_client if transport == "sse" else streamable_http_client
    async with AsyncExitStack() as stack:
        reader, writer, *_ = await stack.enter_async_context(connect(url))
        session = await stack.enter_async_context(ClientSession(reader, writer))
        step["name"] = "initialize"
        await session.initialize()
        step["name"] = "tools/list"
        tools = await session.list_tools()
        step["name"] = "end of the session"
        return len(tools.tools)


step = {"name": "connection"}


def first(error: BaseException) -> BaseException:
    """The first error of nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def main() -> dict[str, object]:
    try:
        async with asyncio.timeout(LIMIT_S):
            count = await list_tools(sys.argv[1], sys.argv[2])
    except TimeoutError:
        return {"works": False, "why": f"{step['name']}: no answer in {LIMIT_S:.0f} s"}
    except Exception as error:  # noqa: BLE001  whatever a client raises is its verdict
        cause = first(error)
        return {"works": False, "why": f"{step['name']}: {type(cause).__name__}: {cause}"[:160]}
    return {"works": count > 0, "why": f"{count} tools"}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())), flush=True)  # noqa: T201
    # A client that hangs in its clean-up would outlive the verdict.
    sys.exit(0)

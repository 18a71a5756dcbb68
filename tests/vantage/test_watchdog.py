"""No process stays at a vantage: neither after a step is left nor after this program is killed."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.tools import needs
from tests.vantage.remote import (
    command_lines_with,
    events_of,
    new_token,
    pids_with,
    prefix_with_only,
    vantage_session,
    wait_until_gone,
)
from wizard.model.events import SseEvent
from wizard.model.probe import Probe

EVENT = b"data: x\n\n"
PROGRAM = """
import asyncio, sys
from tests.vantage.remote import events_of, vantage_session
from wizard.model.probe import Probe

async def main():
    session = vantage_session(["env", f"TOKEN={sys.argv[1]}"])
    async for event in events_of(Probe("sse-direct", sys.argv[2], vantage="web"), session):
        print(type(event).__name__, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("tool", ["curl", "python3", "bash", "nc", "busybox nc"])
async def test_the_tool_ends_when_the_probe_is_left(tool: str, tmp_path: Path) -> None:
    token = new_token()
    session = vantage_session([*prefix_with_only(tool, tmp_path), f"TOKEN={token}"])
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        events = events_of(Probe("sse-direct", url, vantage="web"), session)
        async for event in events:
            if isinstance(event, SseEvent):
                break
        assert pids_with(token)
        await events.aclose()
        await wait_until_gone(token)


async def test_the_tool_ends_when_the_probe_is_cancelled() -> None:
    token, has_event = new_token(), asyncio.Event()
    session = vantage_session(["env", f"TOKEN={token}"])

    async def run_probe(url: str) -> None:
        async for _ in events_of(Probe("sse-direct", url, vantage="web"), session):
            has_event.set()

    async with serving(saying(CHUNKED, then="open")) as url:
        task = asyncio.create_task(run_probe(url))
        await has_event.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await wait_until_gone(token)


async def test_the_tool_ends_when_this_program_is_killed() -> None:
    token = new_token()
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, token, url, stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        while b"SseEvent" not in await program.stdout.readline():
            pass
        assert pids_with(token)
        program.kill()
        await program.communicate()
        await wait_until_gone(token)


async def test_a_command_ends_when_its_block_is_left() -> None:
    token = new_token()
    async with vantage_session(["env", f"TOKEN={token}"]).run(
        ["sh", "-c", "echo on; exec sleep 99"]
    ) as remote:
        assert await remote.stdout.readline() == b"on\n"
    await wait_until_gone(token)


@needs("curl")
async def test_no_secret_is_in_an_argument() -> None:
    token = new_token()
    session = vantage_session(["env", f"TOKEN={token}"])
    command_lines: list[str] = []
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        probe = Probe("sse-direct", f"{url}?token=hunter2", vantage="web")
        async for event in events_of(probe, session):
            if isinstance(event, SseEvent):
                command_lines = command_lines_with(token)
                break
    assert any("curl" in line for line in command_lines)
    assert not any("hunter2" in line for line in command_lines)
    await wait_until_gone(token)

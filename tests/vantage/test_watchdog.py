"""Nothing stays over there: not when a step is left, not when this program is killed."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.tools import needs
from tests.vantage.afar import alive, commands, events_of, gone, only, token, vantage_session
from wizard.model.events import SseEvent
from wizard.model.timeline import Probe

EVENT = b"data: x\n\n"
PROGRAM = """
import asyncio, sys
from tests.vantage.afar import events_of, vantage_session
from wizard.model.timeline import Probe

async def main():
    place = vantage_session(["env", f"WORD={sys.argv[1]}"])
    async for event in events_of(Probe("sse-direct", sys.argv[2], vantage="web"), place):
        print(type(event).__name__, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("tool", ["curl", "python3", "bash", "nc", "busybox nc"])
async def test_leaving_ends_it_over_there(tool: str, tmp_path: Path) -> None:
    word = token()
    place = vantage_session([*only(tool, tmp_path), f"WORD={word}"])
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        events = events_of(Probe("sse-direct", url, vantage="web"), place)
        async for event in events:
            if isinstance(event, SseEvent):
                break
        assert alive(word)
        await events.aclose()
        await gone(word)


async def test_a_cancelled_leg_ends_it_over_there() -> None:
    word, came = token(), asyncio.Event()
    place = vantage_session(["env", f"WORD={word}"])

    async def look(url: str) -> None:
        async for _ in events_of(Probe("sse-direct", url, vantage="web"), place):
            came.set()

    async with serving(saying(CHUNKED, then="open")) as url:
        task = asyncio.create_task(look(url))
        await came.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await gone(word)


async def test_a_killed_program_ends_it_over_there() -> None:
    word = token()
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, word, url, stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        while b"SseEvent" not in await program.stdout.readline():
            pass
        assert alive(word)
        program.kill()
        await program.communicate()
        await gone(word)


async def test_a_command_that_is_left_ends_over_there() -> None:
    word = token()
    async with vantage_session(["env", f"WORD={word}"]).run(
        ["sh", "-c", "echo on; exec sleep 99"]
    ) as remote:
        assert await remote.stdout.readline() == b"on\n"
    await gone(word)


@needs("curl")
async def test_no_secret_is_in_an_argument_over_there() -> None:
    word = token()
    place = vantage_session(["env", f"WORD={word}"])
    shown: list[str] = []
    async with serving(saying(CHUNKED, chunk(EVENT), then="open")) as url:
        probe = Probe("sse-direct", f"{url}?token=hunter2", vantage="web")
        async for event in events_of(probe, place):
            if isinstance(event, SseEvent):
                shown = commands(word)
                break
    assert any("curl" in line for line in shown)
    assert not any("hunter2" in line for line in shown)
    await gone(word)

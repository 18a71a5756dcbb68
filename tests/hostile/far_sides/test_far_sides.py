"""Each hostile far side: the probe ends within bounds, in one sentence, and nothing is left."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.hostile.far_sides.prefixes import PREFIXES, Prefix
from tests.hostile.far_sides.tools import TOOLS, FakeTool
from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.tools import needs
from tests.vantage.remote import follow, new_token, vantage_session, wait_until_gone
from wizard.model.timeline import Timeline
from wizard.vantage import remote_process

PATIENCE_S = 5.0
"""How long an answer that does not end is watched, in seconds."""
LONGEST_S = 60.0
"""How long, in seconds, any probe may take here, with all that it has started."""


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeouts."""
    monkeypatch.setattr(remote_process, "START_TIMEOUT_S", 2.0)
    monkeypatch.setattr(remote_process, "END_TIMEOUT_S", 1.0)
    monkeypatch.setattr("wizard.vantage.discover.DISCOVERY_TIMEOUT_S", 2.0)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """The URL of a stream with one event."""
    async with serving(saying(CHUNKED, chunk(b"data: x\n\n"), chunk(b""))) as url:
        yield url


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


async def probe(url: str, prefix: Sequence[str], within: float = LONGEST_S) -> Timeline | None:
    """Probe at a vantage; None if it was left after that time. Nothing may run there afterwards."""
    token, timeline = new_token(), None
    async with asyncio.timeout(LONGEST_S):
        try:
            async with asyncio.timeout(within):
                timeline = await follow(url, vantage_session(["env", f"MARK={token}", *prefix]))
        except TimeoutError:
            pass
        await wait_until_gone(token)
    return timeline


def assert_one_sentence(text: str) -> None:
    assert text.isprintable()
    assert "\n" not in text
    assert len(text) < 700


@needs("bash", "curl")
@pytest.mark.parametrize("prefix", PREFIXES, ids=lambda prefix: prefix.name)
async def test_a_prefix(prefix: Prefix, url: str, tmp_path: Path) -> None:
    write_program(tmp_path / "prefix", prefix.script)
    timeline = await probe(url, [str(tmp_path / "prefix")])
    assert timeline is not None
    assert_one_sentence(timeline.detail)
    if prefix.says:
        assert timeline.ended == "unreached"
        assert timeline.detail.startswith("web: ")
        assert prefix.says in timeline.detail
    else:
        assert (timeline.ended, timeline.events, timeline.detail) == ("eof", 1, "")


@needs("bash", "curl")
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: f"{tool.program} {tool.name}")
async def test_a_tool(tool: FakeTool, url: str, tmp_path: Path) -> None:
    write_program(tmp_path / tool.program, tool.script)
    real = f"REAL_CURL={shutil.which('curl')}"
    timeline = await probe(url, ["env", real, f"PATH={tmp_path}:{os.environ['PATH']}"], PATIENCE_S)
    if timeline is None:
        assert tool.ended == "left"
        return
    assert_one_sentence(timeline.detail)
    assert timeline.ended == tool.ended
    assert tool.says in timeline.detail

"""Probes at a vantage for the tests: through a prefix, with chosen tools; and its processes."""

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.tools import require
from wizard.model.events import ProbeEvent
from wizard.model.probe import Encoding, Probe
from wizard.model.timeline import Timeline
from wizard.model.vantage import Vantage
from wizard.probe.probe import run_probe
from wizard.probe.request import GET, ProbeOptions, RequestSpec
from wizard.vantage.session import VantageSession

APPLETS = ("sh", "cat", "date", "dd", "sleep")
TOOLS = {
    "curl": "curl",
    "wget": "wget",
    "python3": sys.executable,
    "bash": "bash",
    "nc": "nc",
    "busybox nc": "busybox",
    "busybox wget": "busybox",
}


def vantage_session(prefix: Sequence[str]) -> VantageSession:
    """Return the session of a vantage named web."""
    return VantageSession(Vantage("web", tuple(prefix)))


def prefix_with_only(tool: str, folder: Path) -> tuple[str, ...]:
    """Return a prefix to a vantage that has a shell and only this tool."""
    require("busybox", TOOLS[tool])
    for name in APPLETS:
        (folder / name).symlink_to(shutil.which("busybox") or "")
    program = shutil.which(TOOLS[tool])
    (folder / tool.split()[-1]).symlink_to(os.path.realpath(program or ""))
    return ("env", "-i", f"PATH={folder}")


async def follow(
    url: str,
    session: VantageSession,
    *,
    encoding: Encoding = "identity",
    options: ProbeOptions | None = None,
    spec: RequestSpec = GET,
    name: str = "sse-direct",
    upgrade: bool = False,
) -> Timeline:
    """Run a probe at a vantage to its end."""
    timeline = Timeline(Probe(name, url, "1.1", encoding, vantage="web", upgrade=upgrade))
    async for event in events_of(timeline.probe, session, options, spec):
        timeline = timeline.fold([event])
    return timeline


def events_of(
    probe: Probe,
    session: VantageSession,
    options: ProbeOptions | None = None,
    spec: RequestSpec = GET,
) -> AsyncGenerator[ProbeEvent, None]:
    """Return the events of a probe at a vantage."""
    base = options or ProbeOptions(run="feed")
    return run_probe(probe, replace(base, vantage_sessions={"web": session}), spec)


def new_token() -> str:
    """Return a word for the environment of processes, by which they are found."""
    return f"ssewizard-test-{secrets.token_hex(8)}"


def pids_with(token: str) -> list[int]:
    """Return the ids of the processes with this word in their environment."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if token.encode() in (process / "environ").read_bytes():
                pids.append(int(process.name))
        except OSError:
            continue
    return pids


def command_lines_with(token: str) -> list[str]:
    """Return what `ps` shows of these processes."""
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids_with(token)]


async def wait_until_gone(token: str) -> None:
    """Wait until no process has this word in its environment."""
    async with asyncio.timeout(10):
        while pids_with(token):  # noqa: ASYNC110 (the end of a foreign process is no event)
            await asyncio.sleep(0.01)

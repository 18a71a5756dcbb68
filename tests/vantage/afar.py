"""Probes from another place for the tests: through a prefix, with the tools that it is given."""

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
from wizard.model.timeline import Encoding, Probe, Timeline
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
    """A place behind that prefix."""
    return VantageSession(Vantage("web", tuple(prefix)))


def only(tool: str, folder: Path) -> tuple[str, ...]:
    """A prefix to a place that has a shell and that tool alone."""
    require("busybox", TOOLS[tool])
    for name in APPLETS:
        (folder / name).symlink_to(shutil.which("busybox") or "")
    program = shutil.which(TOOLS[tool])
    (folder / tool.split()[-1]).symlink_to(os.path.realpath(program or ""))
    return ("env", "-i", f"PATH={folder}")


async def follow(
    url: str,
    place: VantageSession,
    *,
    encoding: Encoding = "identity",
    options: ProbeOptions | None = None,
    spec: RequestSpec = GET,
    name: str = "sse-direct",
) -> Timeline:
    """A probe from that place, to its end."""
    line = Timeline(Probe(name, url, "1.1", encoding, vantage="web"))
    async for event in events_of(line.probe, place, options, spec):
        line = line.fold([event])
    return line


def events_of(
    probe: Probe,
    place: VantageSession,
    options: ProbeOptions | None = None,
    spec: RequestSpec = GET,
) -> AsyncGenerator[ProbeEvent, None]:
    """The events of a probe from that place."""
    given = options or ProbeOptions(run="feed")
    return run_probe(probe, replace(given, vantage_sessions={"web": place}), spec)


def token() -> str:
    """A word by which processes are found again."""
    return f"ssewizard-test-{secrets.token_hex(8)}"


def alive(word: str) -> list[int]:
    """The processes in whose environment that word stands."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def commands(word: str) -> list[str]:
    """What `ps` shows of these processes."""
    return [Path(f"/proc/{one}/cmdline").read_text() for one in alive(word)]


async def gone(word: str) -> None:
    """Wait until no process has that word in its environment."""
    async with asyncio.timeout(10):
        while alive(word):  # noqa: ASYNC110 (nobody tells of the end of another's process)
            await asyncio.sleep(0.01)

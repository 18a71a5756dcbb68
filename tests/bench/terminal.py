"""What the wizard writes to a terminal of 80x24, and how long its event loop waits in a flood."""

import asyncio
import random
import resource
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from textual.pilot import Pilot

from screens.app import Wizard
from screens.live import pane
from tests.screens import investigations
from tests.screens.recording import RecordingDriver, record, settle
from wizard.investigation.investigation import Investigation
from wizard.model.events import Headers, ProbeEvent, SseEvent
from wizard.model.probe import Probe
from wizard.model.steps import STEPS
from wizard.model.target import Target

EVENTS_PER_S = 10
WATCH_S = 10.0
FLOOD_PER_S = 50_000
FLOOD_S = 8.0
_HEADERS = Headers(0.02, 200, "1.1", (("content-type", "text/event-stream"),))
Row = tuple[str, str]


def measure_bytes() -> list[Row]:
    """Measure the largest step change, the help, ten events a second, and that nothing changes."""
    return asyncio.run(_measure_bytes())


async def _measure_bytes() -> list[Row]:
    rows = list[Row]()
    investigation = investigations.failing()
    investigation.script = _ten_a_second

    async def act(pilot: "Pilot[object]", driver: RecordingDriver) -> None:
        rows.append(
            _row(
                "the first frame of the steps (at most 10 KB)",
                len(driver.taken().encode()),
                driver.changed_bytes,
            )
        )
        changes = [await _press(pilot, driver, key) for key in "345678761"]
        rows.append(_row("a step (at most 3.0 KB)", *max(changes)))
        rows.append(_row("the help (at most 10 KB)", *await _press(pilot, driver, "f1")))
        await _press(pilot, driver, "escape")
        await asyncio.sleep(WATCH_S)
        rows.append((f"nothing changes for {WATCH_S:.0f} s (0)", f"{len(driver.taken())} B"))
        await _press(pilot, driver, "2")
        await asyncio.sleep(pane.LINGER_S + 1)
        driver.taken()
        written = driver.changed_bytes
        await asyncio.sleep(WATCH_S)
        size, changed = len(driver.taken().encode()), driver.changed_bytes - written
        name = f"{EVENTS_PER_S} events a second, each second (6.0 KB)"
        rows.append(_row(name, size / WATCH_S, changed / WATCH_S))

    await record(Wizard(investigation), act)
    return rows


async def _press(pilot: "Pilot[object]", driver: RecordingDriver, key: str) -> tuple[int, int]:
    """Return how many bytes were written after a key, and how many of them say what is new."""
    before = driver.changed_bytes
    await pilot.press(key)
    await settle(pilot)
    return len(driver.taken().encode()), driver.changed_bytes - before


def _row(name: str, size: float, changed: float) -> Row:
    return name, f"{size / 1000:.1f} KB, {size / max(changed, 1):.1f} x"


async def _ten_a_second(probe: Probe) -> AsyncGenerator[tuple[ProbeEvent, ...], None]:
    """A live stream on the direct side, and silence through the proxy."""
    if probe.name == "sse-direct":
        yield (_HEADERS,)
        for number in range(int(60 * EVENTS_PER_S)):
            at = number / EVENTS_PER_S
            yield (SseEvent(at, "message", random.randbytes(60).hex(), str(number)),)
            await asyncio.sleep(1 / EVENTS_PER_S)
    await asyncio.sleep(60)


def measure_flood() -> list[Row]:
    """How late the event loop is while 50,000 events a second come, and while few come."""
    return asyncio.run(_measure_flood())


async def _measure_flood() -> list[Row]:
    async with _flood() as url:
        flood = Investigation(Target(url)).watch
        quiet = await _lag(_ten_a_second)
        loud = await _lag(
            lambda probe: flood(replace(probe, url=url)) if probe.name == "sse-direct"
            else _ten_a_second(probe)
        )  # fmt: skip
    return [
        (f"events taken, each second ({FLOOD_PER_S:,})", f"{loud.taken / FLOOD_S:,.0f}"),
        ("CPU of the loop in that time, p99 (10 ms)", f"{loud.cpu_ms:.1f} ms"),
        ("lateness of the event loop, p99 (10 ms)", f"{loud.late_ms:.1f} ms"),
        ("both with ten events a second", f"{quiet.cpu_ms:.1f} ms, {quiet.late_ms:.1f} ms"),
        ("memory after the flood's first second and last", f"+{loud.grown_mib:.1f} MiB"),
    ]


@dataclass(frozen=True, slots=True)
class _Lag:
    """What a timer of 5 ms in the event loop sees.

    Attributes:
        late_ms: The p99 of how late it is, in milliseconds; what else runs on the machine counts.
        cpu_ms: The p99 of the CPU time of the loop's thread from one turn of it to the next.
        taken: How many events came.
        grown_mib: By how much the memory has grown, in MiB.
    """

    late_ms: float
    cpu_ms: float
    taken: int
    grown_mib: float


async def _lag(
    watch: Callable[[Probe], AsyncGenerator[tuple[ProbeEvent, ...], None]],
) -> _Lag:
    """Watch streams on step 2 for `FLOOD_S` seconds."""
    investigation = investigations.failing()
    investigation.states = {step: investigation.states[step] for step in STEPS[:3]}
    investigation.script = watch
    late, used, figures = list[float](), list[float](), list[float]()

    async def act(pilot: "Pilot[object]", driver: RecordingDriver) -> None:
        await pilot.press("2")
        await asyncio.sleep(pane.LINGER_S + 1)
        live = pilot.app.screen.query_one(pane.LivePane)
        before, size = live.buffer.last, _resident_mib()
        end = time.perf_counter() + FLOOD_S
        while (now := time.perf_counter()) < end:
            cpu = time.thread_time()
            await asyncio.sleep(0.005)
            used.append(time.thread_time() - cpu)
            late.append(max(0.0, time.perf_counter() - now - 0.005))
            driver.taken()
        figures.extend([live.buffer.last - before, _resident_mib() - size])

    await record(Wizard(investigation), act)
    count, grown = figures
    return _Lag(_p99(late) * 1000, _p99(used) * 1000, int(count), grown)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


@asynccontextmanager
async def _flood() -> AsyncIterator[str]:
    """Run a server of 50,000 events a second in a process of its own; gives its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVER, str(FLOOD_PER_S), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/sse"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


_SERVER = """
import socket, sys, threading, time
rate = int(sys.argv[1])
def serve(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\n")
    due = time.monotonic()
    while True:
        text = b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\\n\\n'
        connection.sendall(text * (rate // 100))
        due += 0.01
        time.sleep(max(0, due - time.monotonic()))
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

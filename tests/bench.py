"""`python -m tests.bench` measures speed and memory, and prints the results."""

import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import crossplane

from wizard.model.resolution import Request
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.probe.sse import SseDecoder
from wizard.probe.waits import MIN_WAIT_S, MIN_WATCH_S

EVENT = b'event: message\nid: 42\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":'
EVENT += b'{"level":"info","n":12345,"data":"' + b"x" * 29 + b'"}}\n\n'
EVENT_COUNT = 200_000
CHUNK_BYTES = 64 << 10
ENDLESS_LINE_BYTES = 50 << 20
CONFIG_LINES = 50_000
ROUNDS = 3


def main() -> None:
    """Run all measurements and print a table."""
    for title, rows in (
        ("From the start of `ssewizard check` on the incident to its end", _check(*HELD)),
        ("The same on a healthy stream with steady events", _check(*STEADY)),
        (f"Decoder: {EVENT_COUNT:,} events of {len(EVENT)} bytes", _decoder()),
        (f"A config of {CONFIG_LINES:,} lines: read and resolved", _config()),
    ):
        sys.stdout.write(f"{title}\n")
        sys.stdout.writelines(f"  {name:<44}{value:>14}\n" for name, value in rows)
        sys.stdout.write("\n")


def _shortest_times(*functions: Callable[[], object]) -> list[float]:
    """Return the shortest time of each function, in seconds, over `ROUNDS` rounds.

    The shortest, because other load can only add to a time. The functions take turns, so that a
    busy moment slows all of them.
    """
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for durations, function in zip(times, functions, strict=True):
            started = time.perf_counter()
            function()
            durations.append(time.perf_counter() - started)
    return [min(durations) for durations in times]


# The cause of the incident ---------------------------------------------------------------------


HELD = ("incident", "the least wait for a silent stream", MIN_WAIT_S)
STEADY = ("healthy", "the least watch of a live stream", MIN_WATCH_S)


def _check(scenario: str, name: str, wait_s: float) -> list[tuple[str, str]]:
    with _lab(scenario) as description:
        command = [sys.executable, "-m", "screens", *description["command"][1:]]
        python = [sys.executable, "-c"]
        total, bare, loading = _shortest_times(
            lambda: _run(command), lambda: _run([*python, ""]), lambda: _run([*python, _LOAD])
        )
    loaded = loading - bare
    return [
        ("total", f"{total:.2f} s"),
        (name, f"{wait_s:.2f} s"),
        ("beyond that", f"{total - wait_s:.2f} s"),
        ("  of it: Python's own start", f"{bare:.2f} s"),
        ("  of it: imports, HTTP client warmed up", f"{loaded:.2f} s"),
        ("  of it: the check itself", f"{total - wait_s - bare - loaded:.2f} s"),
    ]


_LOAD = "import wizard.cli.check as c; c.preload(False, '1.1'); c.preload(False, '2')"


def _run(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False, timeout=60)


@contextmanager
def _lab(scenario: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "screens", "lab", scenario, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        try:
            yield json.loads(lab.stdout.readline())
        finally:
            lab.terminate()


# The decoder -----------------------------------------------------------------------------------


@dataclass
class Event:
    """An event of the naive decoder."""

    type: str = "message"
    data: str = ""
    id: str = ""


class NaiveDecoder:
    """The simplest decoder: no limits, no comments, no CR, no times of arrival."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._event = Event()

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that these bytes complete."""
        self._rest += data
        if b"\n" not in data:
            return []
        *lines, rest = self._rest.decode("utf-8", "replace").split("\n")
        self._rest = bytearray(rest.encode())
        return [event for line in lines if (event := self._line(line))]

    def _line(self, line: str) -> Event | None:
        if not line:
            event, self._event = self._event, Event()
            return event if event.data else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._event.data += value
        elif name == "event":
            self._event.type = value
        elif name == "id":
            self._event.id = value
        return None


def _decoder() -> list[tuple[str, str]]:
    stream = EVENT * EVENT_COUNT
    ours_s, naive_s = _shortest_times(
        lambda: _drain(SseDecoder().feed, stream), lambda: _drain(NaiveDecoder().feed, stream)
    )
    ours_peak = _peak(lambda: _endless(SseDecoder().feed))
    naive_peak = _peak(lambda: _endless(NaiveDecoder().feed))
    return [
        ("ours", f"{EVENT_COUNT / ours_s / 1000:,.0f} k events/s"),
        ("naive, in the same run", f"{EVENT_COUNT / naive_s / 1000:,.0f} k events/s"),
        ("rate, ours to naive", f"{naive_s / ours_s:.2f}"),
        (f"peak memory, a line of {ENDLESS_LINE_BYTES >> 20} MiB: ours", f"{ours_peak:.1f} MiB"),
        ("the same: naive", f"{naive_peak:.1f} MiB"),
    ]


def _drain(feed: Callable[[bytes], object], stream: bytes) -> None:
    for at in range(0, len(stream), CHUNK_BYTES):
        feed(stream[at : at + CHUNK_BYTES])


def _endless(feed: Callable[[bytes], object]) -> None:
    feed(b"data: ")
    for _ in range(ENDLESS_LINE_BYTES // CHUNK_BYTES):
        feed(b"x" * CHUNK_BYTES)
    feed(b"\n\n")


def _peak(function: Callable[[], object]) -> float:
    """Return the most memory in use while it runs, in MiB."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()


# The config ------------------------------------------------------------------------------------


def _large_config(lines: int = CONFIG_LINES) -> str:
    """Return a config of about so many lines: servers with proxied locations."""
    location = "        location /app{n}/LEAF {{\n            proxy_pass http://b{n};\n" + "".join(
        f"            proxy_set_header X-Header-{i} $http_x_{i};\n" for i in range(6)
    )
    server = "    server {{\n        listen 80;\n        server_name s{n}.example.com;\n"
    server += (
        "".join(f"{location.replace('LEAF', str(leaf))}        }}}}\n" for leaf in range(5))
        + "    }}\n"
    )
    server_lines = server.count("\n")
    return (
        "events {}\nhttp {\n"
        + "".join(server.format(n=number) for number in range(lines // server_lines))
        + "}\n"
    )


def _config() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "nginx.conf"
        path.write_text(_large_config(), "utf-8")
        twice = Path(directory) / "twice.conf"
        twice.write_text(_large_config(2 * CONFIG_LINES), "utf-8")
        crossplane_s, ours_s, twice_s = _shortest_times(
            lambda: _crossplane(str(path)),
            lambda: _resolve(str(path)),
            lambda: _resolve(str(twice)),
        )
    return [
        ("ours: parse, server, location, settings", f"{ours_s:.2f} s"),
        ("crossplane: parse alone, in the same run", f"{crossplane_s:.2f} s"),
        ("ours to crossplane (to be within 1)", f"{ours_s / crossplane_s:.2f}"),
        ("twice the lines to once (to be near 2)", f"{twice_s / ours_s:.2f}"),
    ]


def _crossplane(path: str) -> None:
    crossplane.parse(path, combine=False, check_ctx=False, check_args=False)


def _resolve(path: str) -> None:
    resolve_request(read_config(path), Request("/app700/3", host="s700.example.com", port=80))


if __name__ == "__main__":
    main()

"""How long `ssewizard check` takes, beside the waits that it cannot leave out."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.timing import shortest_times
from wizard.probe.waits import MIN_WAIT_S, MIN_WATCH_S

HELD = ("incident", "the least wait for a silent stream", MIN_WAIT_S)
STEADY = ("healthy", "the least watch of a live stream", MIN_WATCH_S)


def measure_check(scenario: str, name: str, wait_s: float) -> list[tuple[str, str]]:
    with _lab(scenario) as description:
        command = [sys.executable, "-m", "screens", *description["command"][1:]]
        python = [sys.executable, "-c"]
        total, bare, loading = shortest_times(
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

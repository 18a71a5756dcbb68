"""Run the command line in a process of its own, and check what must hold for any input."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 40.0
"""A run that takes longer, in seconds, is killed and fails its test."""
WATCH_INTERVAL_S = 0.02
MAX_PEAK_BYTES = 200 * 1024 * 1024
"""The most memory of a run, in bytes; a run on an ordinary server takes about 70 MB."""
_ENDINGS = frozenset({0, 1, 2, 3})
"""The exit statuses of `check`; 70 is a bug of the tool, a negative one a signal."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters other than the newline, and overrides of the direction of text."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command line.

    Attributes:
        status: The exit status; negative if a signal ended it.
        peak_bytes: The most memory that the process had at a time.
    """

    args: tuple[str, ...]
    status: int
    out: str
    err: str
    peak_bytes: int


def run(
    *args: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    longest_s: float = LONGEST_S,
) -> Run:
    """Run `ssewizard` with these arguments and an empty state directory of its own.

    `env` is added to a small environment. Fails if the process lasts longer than `longest_s`.
    """
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "screens", *args],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(state, env or {}),
            cwd=cwd,
        )
        return _watch(process, args, longest_s)


def _environment(state: str, env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    root = str(Path(__file__).parents[2])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    return {**kept, "HOME": state, "XDG_STATE_HOME": state, "LANG": "C.UTF-8", **env}


def _watch(process: "subprocess.Popen[bytes]", args: tuple[str, ...], longest_s: float) -> Run:
    """Read both outputs to their end, and take the process's status and peak memory."""
    assert process.stdout
    assert process.stderr
    outputs: dict[str, bytes] = {}
    streams = {"out": process.stdout, "err": process.stderr}
    readers = [
        threading.Thread(target=lambda n=name, s=stream: outputs.update({n: s.read()}))
        for name, stream in streams.items()
    ]
    late = threading.Timer(longest_s, process.kill)
    memory = _Memory(process.pid)
    for thread in (*readers, late, memory):
        thread.start()
    _, raw = os.waitpid(process.pid, 0)
    memory.join()
    is_late = not late.is_alive()
    late.cancel()
    for reader in readers:
        reader.join()
    for stream in streams.values():
        stream.close()
    process.returncode = os.waitstatus_to_exitcode(raw)
    out, err = (outputs[name].decode("utf-8", "surrogateescape") for name in streams)
    assert not is_late, f"{args}: still running after {longest_s:g} s\n{err[-2000:]}"
    return Run(args, process.returncode, out, err, memory.peak_bytes)


class _Memory(threading.Thread):
    """Watches the memory of a process: what `wait4` tells would be that of this one, if larger."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status, self.peak_bytes = Path(f"/proc/{pid}/status"), 0

    def run(self) -> None:
        """Read the peak again and again, until the process has ended."""
        while peak := self._peak():
            self.peak_bytes = max(self.peak_bytes, peak)
            time.sleep(WATCH_INTERVAL_S)

    def _peak(self) -> int:
        """The most memory so far, in bytes; 0 after the end."""
        try:
            match = re.search(r"VmHWM:\s*(\d+) kB", self._status.read_text())
        except OSError:
            return 0
        return int(match[1]) * 1024 if match else 0


def assert_well_behaved(run: Run) -> None:
    """Assert what must hold for every input: an ordinary end, no traceback, no control byte."""
    shown = f"{run.args}\n{run.status}\n{run.out[-3000:]}\n{run.err[-3000:]}"
    assert run.status in _ENDINGS, shown
    assert "Traceback" not in run.out + run.err, shown
    assert "a bug in" not in run.out + run.err, shown
    for text in (run.out, run.err):
        control = _CONTROL.search(text)
        assert control is None, f"control character {control!r}\n{shown}"
        assert not re.search("[\udc80-\udcff]", text), f"a byte that is no UTF-8\n{shown}"
    assert run.peak_bytes < MAX_PEAK_BYTES, f"{run.peak_bytes} bytes\n{shown}"
    if run.status == 2:
        assert len(run.err.strip().splitlines()) <= 3, f"an error of many lines\n{shown}"

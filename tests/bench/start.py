"""How long the wizard takes to its first frame, beside an app that shows one word."""

import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.bench.timing import shortest_times
from tests.screens.terminal import LONGEST_S, Terminal, wizard_env, wizard_words

URL = "http://127.0.0.1:1/sse"
ROUNDS = 15
_BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("shown")

Bare().run(mouse=False)
"""
_SAVE_CASES = """
from screens.saved_cases import Autosave
from screens.state_folder import state_folder
from tests.screens import investigations
from wizard.investigation import casefile
from wizard.investigation.saved import record_of

record = record_of(investigations.failing())
Autosave().save(record)
casefile.write(state_folder() / "last-case.json", record)
"""
"""A process that ends so leaves a case that was cut off, and the last case of a clean exit."""


def measure_start() -> list[tuple[str, str]]:
    """Measure a bare app, the wizard with a URL and its start, Python alone and `--version`.

    The state folder holds a case that was cut off and a last case of ordinary size.
    """
    with tempfile.TemporaryDirectory() as folder:
        env = wizard_env(Path(folder))
        python = [sys.executable, "-c"]
        subprocess.run([*python, _SAVE_CASES], env=env, check=True)
        bare, steps, start, chinese = _frames(
            ([*python, _BARE], "shown", env),
            (wizard_words(URL), "Root", env),
            (wizard_words(), "New investigation", env),
            (wizard_words(), "新的排查", {**env, "SSEWIZARD_LANG": "zh_CN"}),
        )
        nothing, version = shortest_times(
            lambda: subprocess.run([*python, ""], env=env, check=True),
            lambda: subprocess.run(
                wizard_words("--version"), env=env, check=True, stdout=subprocess.DEVNULL
            ),
        )
    return [
        ("a bare Textual app", f"{min(bare):.2f} s"),
        ("ssewizard URL, a case cut off (1.30 x)", _beside(steps, bare)),
        ("ssewizard, a case cut off (1.30 x)", _beside(start, bare)),
        ("the same in Chinese", _beside(chinese, bare)),
        ("Python alone", f"{nothing:.3f} s"),
        ("ssewizard --version (Python + 0.010 s)", f"{version:.3f} s"),
    ]


Frame = tuple[list[str], str, Mapping[str, str]]
"""A program, the text that its first frame shows, and its environment."""


def _frames(*frames: Frame) -> list[list[float]]:
    """How long each takes to its first frame, in seconds, in each of `ROUNDS` rounds."""
    rounds = [[_show(*each) for each in frames] for _ in range(ROUNDS)]
    return [list(times) for times in zip(*rounds, strict=True)]


def _beside(times: list[float], bare: list[float]) -> str:
    """The shortest time, and the median of the ratios: a round is slow or fast as a whole."""
    ratio = statistics.median(ours / other for ours, other in zip(times, bare, strict=True))
    return f"{min(times):.2f} s = {ratio:.2f} x"


def _show(words: list[str], text: str, env: Mapping[str, str]) -> float:
    """Run the program in a terminal, and return after how many seconds this text was drawn."""
    terminal = Terminal()
    started = time.perf_counter()
    try:
        with terminal.start(words, env) as program:
            output = b""
            while text.encode() not in output:
                assert select.select([terminal.master], [], [], LONGEST_S)[0], output
                output += os.read(terminal.master, 1 << 16)
            shown = time.perf_counter() - started
            program.kill()
    finally:
        terminal.close()
    return shown

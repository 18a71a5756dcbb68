"""How long the wizard takes to its first frame, beside an app that shows one word."""

import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.timing import shortest_times
from tests.screens.terminal import LONGEST_S, Terminal, wizard_env, wizard_words

URL = "http://127.0.0.1:1/sse"
_BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("shown")

Bare().run(mouse=False)
"""


def measure_start() -> list[tuple[str, str]]:
    """Measure a bare app, the wizard with a URL and its form, Python alone and `--version`."""
    with tempfile.TemporaryDirectory() as folder:
        env = wizard_env(Path(folder))
        python = [sys.executable, "-c"]
        bare, steps, form, nothing, version = shortest_times(
            lambda: _show([*python, _BARE], "shown", env),
            lambda: _show(wizard_words(URL), "Root", env),
            lambda: _show(wizard_words(), "URL", env),
            lambda: subprocess.run([*python, ""], env=env, check=True),
            lambda: subprocess.run(
                wizard_words("--version"), env=env, check=True, stdout=subprocess.DEVNULL
            ),
        )
    return [
        ("a bare Textual app", f"{bare:.2f} s"),
        ("ssewizard URL", f"{steps:.2f} s = {steps / bare:.2f} x"),
        ("ssewizard", f"{form:.2f} s = {form / bare:.2f} x"),
        ("Python alone", f"{nothing:.3f} s"),
        ("ssewizard --version", f"{version:.3f} s"),
    ]


def _show(words: list[str], text: str, env: dict[str, str]) -> None:
    """Run the program in a terminal until this text was drawn."""
    terminal = Terminal()
    try:
        with terminal.start(words, env) as program:
            output = b""
            while text.encode() not in output:
                assert select.select([terminal.master], [], [], LONGEST_S)[0], output
                output += os.read(terminal.master, 1 << 16)
            program.kill()
    finally:
        terminal.close()

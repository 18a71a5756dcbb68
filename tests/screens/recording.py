"""What the wizard writes to a terminal, recorded without one, and what that terminal then shows."""

import os
import re
from collections.abc import Awaitable, Callable
from unittest.mock import patch

from rich.cells import cell_len
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from screens.driver import FrameWriter
from screens.sgr import DEFAULT, Style, parse_style

_TOKEN = re.compile(
    r"\x1b\[(?P<row>\d+)(?:;(?P<column>\d+))?H|\x1b\[(?P<right>\d*)C|\x1b\[(?P<erased>\d+)X"
    r"|\x1b\[(?P<style>[\d;]*)m|(?P<other>\x1b\[[?=<>][\d;$]*[a-z]|\x1b\][^\x07]*\x07)|(?P<text>[^\x1b\n]+)|\n"
)


class RecordingDriver(HeadlessDriver):
    """Keeps what `TerminalDriver` would write.

    Attributes:
        raw: What Textual has written.
        output: What goes to the terminal in place of it.
        changed_bytes: The size of all characters that differed from what stood there before: no
            output can be smaller.
    """

    raw = output = ""
    changed_bytes = 0
    is_headless = False

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._frames, self._shown = FrameWriter(), Emulator()

    def write(self, data: str) -> None:
        """Keep what is written."""
        self.raw += data
        output = self._frames.prepare(data, self._app.size)
        before = dict(self._shown.cells)
        self._shown.write(output)
        self.changed_bytes += sum(
            len(text.encode())
            for place, (text, _) in self._shown.cells.items()
            if text != before.get(place, ("", DEFAULT))[0]
        )
        self.output += output

    def taken(self) -> str:
        """Return what was written since the last call."""
        text, self.output = self.output, ""
        return text


async def record(
    app: "App[None]",
    act: Callable[["Pilot[object]", RecordingDriver], Awaitable[None]],
    size: tuple[int, int] = (80, 24),
) -> RecordingDriver:
    """Run an app as in a remote terminal with 256 colours, and return its driver afterwards."""
    app.driver_class = RecordingDriver

    async def steer(pilot: "Pilot[object]") -> None:
        assert isinstance(app._driver, RecordingDriver)
        await settle(pilot)
        await act(pilot, app._driver)
        app.exit()

    with patch.dict(os.environ, {"TERM": "xterm-256color", "SSH_CONNECTION": "x"}):
        await app.run_async(headless=False, size=size, auto_pilot=steer)
    assert isinstance(app._driver, RecordingDriver)
    return app._driver


async def settle(pilot: "Pilot[object]") -> None:
    """Wait until all is drawn."""
    for _ in range(3):
        await pilot.pause()


class Emulator:
    """The screen of a terminal: what frames, in full or reduced, leave on it."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, Style]] = {}
        self.style, self.row, self.column = DEFAULT, 0, 0

    def write(self, text: str) -> None:
        """Take output. Fails on a sequence that is not known."""
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            assert token is not None, text[at : at + 20]
            at = token.end()
            self._apply(token)

    def _apply(self, token: "re.Match[str]") -> None:
        if token["row"]:
            self.row, self.column = int(token["row"]) - 1, int(token["column"] or 1) - 1
        elif token["right"] is not None:
            self.column += int(token["right"] or 1)
        elif token["erased"]:
            assert not self.style.background, "not every terminal erases in a colour"
            for column in range(self.column, self.column + int(token["erased"])):
                self.cells[self.row, column] = (" ", DEFAULT)
        elif token["style"] is not None:
            self.style = parse_style(token["style"], self.style)
        elif token["text"]:
            for char in token["text"]:
                self._put(char)

    def _put(self, char: str) -> None:
        style = self.style.of_blank if char == " " else self.style
        width = cell_len(char)
        if not width:
            text, before = self.cells[self.row, self.column - 1]
            self.cells[self.row, self.column - 1] = (text + char, before)
        for offset in range(width):
            self.cells[self.row, self.column + offset] = (char if not offset else "", style)
        self.column += width

"""The first line of the screen: what is examined, and the verdict."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from screens.widgets.lines import Lines
from screens.widgets.style import ACCENT, DIM, fit, line
from wizard.text.display import safe
from wizard.text.messages import tr

Tone = Literal["ok", "look", "fault", "none"]
_CHIP_STYLES = {"ok": "reverse green", "look": "reverse yellow", "fault": "reverse red"}
"""Reversed, the text has the colour of the background: it can be read in every theme."""
_SIGNS = {"ok": "✓", "look": "!", "fault": "✗"}


@dataclass(frozen=True, slots=True)
class Chip:
    """The verdict: a word in capitals, and what it is about."""

    tone: Tone = "none"
    word: str = ""
    text: str = ""


def host_and_path(url: str) -> tuple[str, str]:
    """The parts of the URL that the header shows."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return safe(host, 100), safe(path or "/", 200)


class Header(Lines):
    """The program's name, the host and the path, and the verdict as a coloured chip."""

    DEFAULT_CSS = """
    Header { dock: top; height: 1; width: 1fr; padding: 0 1; background: $background; }
    """

    def show_target(self, host: str, path: str, chip: Chip, *, in_lab: bool = False) -> None:
        """Draw the line; the target is cut where the chip needs the room."""
        # Before the first layout it has no size: it is as wide as the screen without its padding.
        width = max(20, self.size.width or self.app.size.width - 2)
        right = line()
        if chip.tone != "none":
            words = f" {_SIGNS[chip.tone]} {chip.word}  {chip.text}".rstrip() + " "
            style = f"bold {_CHIP_STYLES[chip.tone]}"
            right = fit(line((words, style)), max(12, width * 2 // 3), pad=False)
        lab = (f"  {tr('LAB')}", f"bold {ACCENT}") if in_lab else ""
        left = line(("ssewizard  ", f"bold {ACCENT}"), (host, "bold"), (path, DIM), lab)
        self.show([line(fit(left, width - right.cell_len - 1), " ", right)])

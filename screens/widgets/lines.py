"""Lines of text of which only those that changed are written to the terminal.

A `Static` writes all of itself at each update, 5 KB a frame in a room of this size; over a slow
SSH link that is what is felt.
"""

from collections.abc import Sequence

from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget):
    """As many lines as it is shown; `show` it the new ones as often as you like."""

    DEFAULT_CSS = """
    Lines { width: 1fr; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Text, ...] = ()

    def show(self, lines: Sequence[Text]) -> None:
        """Draw these; lines that stand there already cost nothing."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        pairs = enumerate(zip(before, self._lines, strict=True))
        changed = [number for number, (old, new) in pairs if not _same(old, new)]
        if changed:
            self.refresh(*(Region(0, number, self.size.width, 1) for number in changed))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row a line."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """The line at that row."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        segments = self._lines[y].render(self.app.console)
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    @property
    def text(self) -> str:
        """What it shows, for tests and for copying."""
        return "\n".join(line.plain for line in self._lines)


def _same(one: Text, other: Text) -> bool:
    return one.plain == other.plain and one.spans == other.spans and one.style == other.style

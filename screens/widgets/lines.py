"""A widget that draws lines and rewrites only those that changed.

A `Static` writes all of itself at each update, 5 KB a frame for a pane of this size, which is slow
over a slow SSH link.
"""

from collections.abc import Sequence

from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from wizard.text.marks import MARKS


class Lines(Widget):
    """As many lines as were given to `show`."""

    DEFAULT_CSS = """
    Lines { width: 1fr; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Text, ...] = ()

    def show(self, lines: Sequence[Text]) -> None:
        """Draw these lines; a line that did not change is not written again."""
        before, self._lines = self._lines, tuple(map(_masked, lines))
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        pairs = enumerate(zip(before, self._lines, strict=True))
        changed = [number for number, (old, new) in pairs if not _is_same(old, new)]
        if changed:
            self.refresh(*(Region(0, number, self.size.width, 1) for number in changed))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row for each line."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Return the line at that row."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        segments = self._lines[y].render(self.app.console)
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    @property
    def text(self) -> str:
        """All lines as plain text, for tests and for copying."""
        return "\n".join(row.plain for row in self._lines)


def _masked(row: Text) -> Text:
    """The line without the secrets that are known: the last pass before the terminal."""
    found = MARKS.find_known(row.plain)
    if not found:
        return row
    masked, shown_to = Text(style=row.style, no_wrap=True, end=""), 0
    for start, end, mark in found:
        masked.append_text(row[shown_to:start]).append_text(_mark(row[start], mark))
        shown_to = end
    return masked.append_text(row[shown_to:])


def _mark(replaced: Text, mark: str) -> Text:
    """The mark in the style of the character where the secret begins."""
    shown = Text(mark, replaced.style)
    for span in replaced.spans:
        shown.stylize(span.style)
    return shown


def _is_same(old: Text, new: Text) -> bool:
    return old.plain == new.plain and old.spans == new.spans and old.style == new.style

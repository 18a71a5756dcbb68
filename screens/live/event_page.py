"""A page with one event in full."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.live.buffer import SIDE_NAMES, Entry
from screens.live.json_text import pretty
from wizard.text.display import safe
from wizard.text.marks import MARKS
from wizard.text.messages import tr
from wizard.text.redaction import redact


class EventPage(ModalScreen[None]):
    """The event without secrets; Escape, Enter or q closes the page, c copies the event."""

    DEFAULT_CSS = """
    EventPage { align: center middle; background: transparent; }
    EventPage > VerticalScroll {
        width: 96%; height: auto; max-height: 100%;
        background: $background; border: round $where; padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    EventPage Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,enter,q", "dismiss", tr("close")),
        ("c", "copy", tr("copy")),
    ]

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry, self._data = entry, redacted(entry)

    def compose(self) -> ComposeResult:
        """Yield the event."""
        entry = self._entry
        with VerticalScroll() as page:
            id_ = getattr(entry.item, "id", "")
            side = SIDE_NAMES[entry.side]
            name = f"{side} +{entry.at:.3f} s  {safe(entry.type, 60)}"
            page.border_title = (
                f"{name}{(tr('  id {id}', id=safe(id_, 60)) if id_ else '')}".replace("[", r"\[")
            )
            page.border_subtitle = tr("c copy · esc close")
            yield Static(pretty(self._data), markup=False)

    def action_copy(self) -> None:
        """Copy the event."""
        self.app.copy_to_clipboard(self._data)
        self.notify(tr("copied (by OSC 52, which tmux may drop)."), markup=False)


def redacted(entry: Entry) -> str:
    """The text of an event without its secrets."""
    return MARKS.redact_known(redact(entry.data))

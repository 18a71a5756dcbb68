"""The mouse in the list of events: a click selects one, the wheel moves the selection."""

from collections.abc import Sequence

from textual.events import MouseScrollDown, MouseScrollUp

from screens.live.buffer import Entry
from screens.widgets.panel import Panel

WHEEL_ROWS = 3


class EventList(Panel):
    """The base of a panel with an event in each row from the top on."""

    def shown_entries(self) -> Sequence[Entry]:
        """Return the entries in view, from the top on."""
        raise NotImplementedError

    def select(self, entry: Entry) -> None:
        """Select the entry and keep it in view."""
        raise NotImplementedError

    def action_choose(self, by: int) -> None:
        """Select the event so many rows before or after."""
        raise NotImplementedError

    async def click_row(self, row: int, times: int) -> None:
        """Select the event in the row; a double click opens it."""
        shown = self.shown_entries()
        if 0 <= row < len(shown):
            self.select(shown[row])
            if times > 1:
                await self.run_action("open")

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Select an event further up."""
        event.stop()
        self.focus(scroll_visible=False)
        self.action_choose(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Select an event further down."""
        event.stop()
        self.focus(scroll_visible=False)
        self.action_choose(WHEEL_ROWS)

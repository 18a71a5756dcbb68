"""The list of events of the live streams: what is drawn, and what its keys do."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message

from screens.app_keys import named_binding
from screens.live.buffer import SIDES, Entry, EventBuffer
from screens.live.event_page import EventPage, redacted
from screens.live.mouse import EventList
from screens.live.rows import entry_row, stream_rows
from screens.live.save import write_events
from screens.questions import events_file_question
from screens.widgets.lines import Lines
from screens.widgets.prompt import Prompt, Question
from screens.widgets.style import fit
from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.text.messages import plural, tr

MIN_ROWS_FOR_GAPS = 14
"""From how many rows on the gaps of a side may have a row of their own."""
_KEYS = tr("↑↓ ⏎ open · / find · f type · space pause · s save")


_binding = partial(named_binding, "live", show=False)


class EventPanel(EventList, inherit_bindings=False):
    """Both streams in one list, the newest event at the bottom, and a row for each side."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _binding("up,k", "choose(-1)", tr("up"), tr("The event before")),
        _binding("down,j", "choose(1)", tr("down"), tr("The next event")),
        _binding("pageup", "page(-1)", tr("back"), tr("Scroll back")),
        _binding("pagedown", "page(1)", tr("forward"), tr("Scroll forward")),
        _binding("g,home", "oldest", tr("oldest"), tr("The oldest event that is kept")),
        _binding("G,end", "newest", tr("newest"), tr("The newest event, and follow the stream")),
        _binding("enter", "open", tr("open event"), tr("Show the event in full")),
        _binding("slash", "find", tr("find"), tr("Search the events")),
        _binding(
            "n", "find_next(1)", tr("next match"), tr("The next event that matches the search")
        ),
        _binding(
            "N", "find_next(-1)", tr("match before"), tr("The event before that matches the search")
        ),
        _binding("f", "filter", tr("type"), tr("Show the events of one type")),
        _binding("space", "pause", tr("pause"), tr("Pause the list, or continue")),
        _binding("c", "copy", tr("copy event"), tr("Copy the event")),
        _binding("s", "save", tr("save events"), tr("Save the events to a file")),
        _binding("escape", "newest", tr("continue"), tr("Follow the stream")),
    ]

    @dataclass
    class Notice(Message):
        """A sentence for the user."""

        text: str

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.buffer = EventBuffer()
        self._types: list[str] = []
        self._bottom: int | None = None
        self._selected: int | None = None
        self._type = self._query = ""

    @property
    def now(self) -> float | None:
        """Seconds since the streams were asked for; None if nothing runs any more."""
        return None

    @property
    def streams_note(self) -> str:
        """In a few words, whether streams are open; may be empty."""
        return ""

    def forget(self) -> None:
        """Forget all events, and what was chosen of them."""
        self.buffer.clear()
        self._bottom = self._selected = None
        self._types, self._type = [], ""

    # What is shown.

    def _draw(self) -> None:
        if not self.rows:
            return
        below = self._stream_rows(self.now)
        height = max(1, self.rows - len(below))
        rows = []
        for entry in self.window(height):
            is_selected = entry.number == self._selected and self.has_focus
            row = entry_row(entry, self._known_types(entry), self._query)
            rows.append(fit(row, self.columns, pad=is_selected))
            if is_selected:
                rows[-1].stylize("reverse")
        blank = [Text()] * (height - len(rows))
        self.query_one(Lines).show([*rows, *blank, *below][: self.rows])
        self._draw_border()

    def _stream_rows(self, now: float | None) -> list[Text]:
        """A row for each side, and a second one for its gaps if the panel is narrow and high."""
        rows = list[Text]()
        for side in SIDES:
            if side in self.buffer.streams:
                shown = stream_rows(side, self.buffer.streams[side], now, self.columns)
                rows += shown if self.rows >= MIN_ROWS_FOR_GAPS else shown[:1]
        return [fit(row, self.columns) for row in rows]

    def _draw_border(self) -> None:
        title = " · ".join([tr("Live"), *self._states()])
        if self.border_title != title:
            self.border_title = title
        note = self._note()
        if self.border_subtitle != note:
            self.border_subtitle = note

    def _states(self) -> Iterator[str]:
        if self._bottom is not None:
            newer = self.buffer.last - self._bottom
            yield tr("paused, {newer} newer", newer=newer) if newer else tr("paused")
        if self._type:
            yield tr("only {type}", type=safe(self._type, 24)).replace("[", r"\[")
        if self._query:
            yield f"/{safe(self._query, 24)}".replace("[", r"\[")
        if self.buffer.dropped and self._bottom is not None:
            yield tr("newest {count}", count=len(self.buffer))

    def _note(self) -> str:
        if self.screen.has_class("-small"):
            return tr("⏎ open · / find · space pause · z: back")
        if self.has_focus:
            return _KEYS
        return self.streams_note

    def _known_types(self, entry: Entry) -> list[str]:
        """All types but `message`, in the order in which they were drawn first."""
        if entry.type not in ("", "message", "ping") and entry.type not in self._types:
            self._types = [*self._types, entry.type][:100]
        return self._types

    def _matches(self, entry: Entry) -> bool:
        return not self._type or entry.type == self._type

    def window(self, height: int) -> list[Entry]:
        """The entries in view."""
        bottom = self.buffer.last if self._bottom is None else self._bottom
        shown = self.buffer.up_to(bottom, height, self._matches)
        if len(shown) < height and self._bottom is not None:
            last = shown[-1].number if shown else -1
            shown += self.buffer.after(last, height - len(shown), self._matches)
        return shown

    def shown_entries(self) -> Sequence[Entry]:
        """The entries in view, from the top on."""
        return self.window(self._height)

    @property
    def _height(self) -> int:
        return max(1, self.rows - len(self._stream_rows(self.now)))

    # What the keys do.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without events Enter and Escape belong to the screen; so do n and N without a search."""
        if action in ("open", "copy", "save"):
            return self.buffer.last >= 0
        return bool(self._query) if action == "find_next" else True

    def select(self, entry: Entry) -> None:
        """Select the entry and keep it in view."""
        self._selected = entry.number
        shown = self.window(self._height)
        if self._bottom is None:
            self._bottom = self.buffer.last
        if shown and entry.number < shown[0].number:
            page = [entry, *self.buffer.after(entry.number, self._height - 1, self._matches)]
            self._bottom = page[-1].number
        elif not shown or entry.number > shown[-1].number:
            self._bottom = entry.number
        self._draw()

    def _current(self) -> Entry | None:
        """The selected entry, else the newest that is shown."""
        entry = self.buffer.get(self._selected) if self._selected is not None else None
        return entry or next(reversed(self.window(self._height)), None)

    def action_choose(self, by: int) -> None:
        """Select the event before or after."""
        if self._selected is None:
            if by < 0 and (entry := self._current()):
                self.select(entry)
            return
        find = self.buffer.up_to if by < 0 else self.buffer.after
        number = self._selected - 1 if by < 0 else self._selected
        found = find(number, abs(by), self._matches)
        if found:
            self.select(found[0] if by < 0 else found[-1])

    def action_page(self, by: int) -> None:
        """Go back or forward by the rows that are in view."""
        if self._selected is None and by > 0:
            return
        if self._selected is None and (shown := self.window(self._height)):
            self.select(shown[0])
        self.action_choose(by * max(1, self._height - 1))

    def action_oldest(self) -> None:
        """Select the oldest event."""
        for entry in self.buffer.after(-1, 1, self._matches):
            self.select(entry)

    def action_newest(self) -> None:
        """Follow the stream; nothing is selected."""
        self._bottom = self._selected = None
        self._draw()

    def action_pause(self) -> None:
        """Hold the list still while the streams go on, or go on with them."""
        if self._bottom is not None:
            self.action_newest()
            return
        self._bottom = self.buffer.last
        self._draw()

    def action_filter(self) -> None:
        """Show the next type alone, after the last one all."""
        choices = ["", *self.buffer.types()]
        index = choices.index(self._type) if self._type in choices else -1
        self._type = choices[(index + 1) % len(choices)]
        self._selected = None
        self._draw()

    def action_find(self) -> None:
        """Ask what to search for; an empty answer ends the search."""
        question = Question(tr("Find in the events"), str.strip, self._find, self._query)
        self.screen.query_one(Prompt).ask(question)

    def _find(self, query: object) -> None:
        self._query = str(query)[:200]
        if self._query:
            self.action_find_next(-1)
        self._draw()

    def action_find_next(self, by: int) -> None:
        """Select the next event that matches, counted round."""
        query = self._query.lower()

        def matches(entry: Entry) -> bool:
            text = f"{entry.type} {entry.data}".lower()
            return self._matches(entry) and query in text

        last, start = self.buffer.last, self._selected
        if by < 0:
            start = last + 1 if start is None else start
            found = self.buffer.up_to(start - 1, 1, matches) or self.buffer.up_to(last, 1, matches)
        else:
            start = -1 if start is None else start
            found = self.buffer.after(start, 1, matches) or self.buffer.after(-1, 1, matches)
        if found:
            self.select(found[0])
        else:
            self.post_message(self.Notice(tr("No event has {query}.", query=safe(self._query, 60))))

    def action_open(self) -> None:
        """Show the event in full."""
        if entry := self._current():
            self.app.push_screen(EventPage(entry))

    def action_copy(self) -> None:
        """Copy the event, without secrets."""
        if entry := self._current():
            self.app.copy_to_clipboard(redacted(entry))
            self.post_message(
                self.Notice(tr("The event is copied (by OSC 52, which tmux may drop)."))
            )

    def action_save(self) -> None:
        """Save the events that are kept now, a line of JSON for each, without secrets."""
        entries = list(self.buffer)
        question = events_file_question(lambda path: self._save(path, entries))
        self.screen.query_one(Prompt).ask(question)

    def _save(self, path: Path, entries: Sequence[Entry]) -> None:
        self.run_worker(self._write(path, entries), group="save events")

    async def _write(self, path: Path, entries: Sequence[Entry]) -> None:
        """Write in a thread: finding the secrets of 5,000 events takes seconds."""
        try:
            await asyncio.to_thread(write_events, path, entries)
        except OSError as error:
            self.post_message(self.Notice(f"{safe(str(path), 200)}: {describe_error(error)}"))
        else:
            text = tr(
                "saved {count} to {path}",
                count=plural(len(entries), "line"),
                path=safe(str(path), 200),
            )
            self.post_message(self.Notice(text))

"""The panel of the live streams: draws them twice a second, and lets the user look through them."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from screens.live.buffer import SIDES, Entry, EventBuffer, Mark, Side
from screens.live.cut import CutAlone, cut_alone_s
from screens.live.event_page import EventPage, redacted
from screens.live.feed import Timelines, feed_events, feed_timelines, is_same_run
from screens.live.mouse import EventList
from screens.live.rows import entry_row, stream_rows
from screens.live.save import write_events
from screens.live.streams import Batch, LiveStreams, Watch
from screens.questions import events_file_question
from screens.widgets.lines import Lines
from screens.widgets.prompt import Prompt, Question
from screens.widgets.style import fit
from wizard.model.steps import StepId
from wizard.model.timeline import Probe, Timeline
from wizard.text.display import safe
from wizard.text.errors import describe_error
from wizard.text.messages import plural, tr

FRAMES_PER_SECOND = 2
LINGER_S = 1.0
"""How long the user is on a step before its streams are asked for again, in seconds: walking past
sends nothing."""
MIN_ROWS_FOR_GAPS = 14
"""From how many rows on the gaps of a side may have a row of their own."""
_CLOCK = "%H:%M:%S"
_KEYS = tr("↑↓ ⏎ open · / find · f type · space pause · s save")

Probes = Mapping[Side, Probe]


def _binding(key: str, action: str, label: str, tooltip: str) -> Binding:
    id_ = f"live.{action.replace('(', '.').rstrip(')')}"
    return Binding(key, action, label, show=False, id=id_, tooltip=tooltip)


class LivePane(EventList, inherit_bindings=False):
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

    def __init__(self, id: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id)
        self.buffer, self._clock = EventBuffer(), clock
        self.streams = LiveStreams(self._take, self._leave)
        self._fed: Timelines = {}
        self._now: float | None = None
        self._asked: tuple[Probes, Watch] | None = None
        self._step: StepId | None = None
        self._opened_at: float | None = None
        self._began: dict[Side, float] = {}
        self._linger: Timer | None = None
        self._frames: Timer | None = None
        self._types: list[str] = []
        self._bottom: int | None = None
        self._selected: int | None = None
        self._type = self._query = ""
        self._cut_s: float | None = None

    def on_mount(self) -> None:
        """Prepare the timer that draws while streams are open."""
        self._frames = self.set_interval(1 / FRAMES_PER_SECOND, self._tick, pause=True)

    async def on_unmount(self) -> None:
        """Close all connections."""
        await self.streams.close()

    # What comes in.

    def show_timelines(self, timelines: Mapping[Side, Timeline], now: float | None) -> None:
        """Take what a step has measured so far, and draw.

        Args:
            now: Seconds since the step's probes began; None while none runs.
        """
        self._now = now
        if not is_same_run(self._fed, timelines):
            self._begin_run(timelines)
        if self._opened_at is None:
            changed = {side: each for side, each in timelines.items()
                       if each is not self._fed.get(side)}  # fmt: skip
            feed_timelines(self.buffer, self._fed, changed)
        self._fed = dict(timelines)
        self._draw()

    def _begin_run(self, timelines: Timelines) -> None:
        self.stop()
        probes = {side: each.probe for side, each in timelines.items()}
        if probes != {side: each.probe for side, each in self._fed.items()}:
            self.buffer.clear()
            self._bottom = self._selected = None
            self._types, self._type = [], ""
        self.buffer.begin(
            timelines,
            tr("step run at {time}", time=time.strftime(_CLOCK)) if len(self.buffer) else "",
        )
        self._fed, self._opened_at = {}, None

    def _take(self, side: Side, batch: Batch) -> None:
        self._began[side] = feed_events(self.buffer, side, batch, self._began.get(side, 0.0))

    def _leave(self, side: Side, why: str) -> None:
        if self.buffer.streams[side].end is None:
            self.buffer.mark(side, self._since_opened(), Mark("left", why))

    # When streams are open.

    def keep_open(self, step: StepId, probes: Probes, watch: Watch) -> None:
        """Open these streams once the user has been on the step for a moment, for a minute."""
        if self._asked is not None and (step, probes) == (self._step, self._asked[0]):
            return
        self.stop()
        self._step, self._asked = step, (probes, watch)
        self._linger = self.set_timer(LINGER_S, self._open) if probes else None

    def stop(self) -> None:
        """Close the streams; `keep_open` may open them again."""
        if self._linger is not None:
            self._linger.stop()
        self._asked = self._linger = None
        if self.streams.is_open:
            self.streams.stop()

    async def close(self) -> None:
        """Like `stop`, and wait until no connection is open: a limit would count it."""
        self.stop()
        await self.streams.close()

    def renew(self) -> None:
        """Keep the streams open for another minute, or open them again."""
        if self.streams.is_open:
            self.streams.renew()
            self.post_message(self.Notice(tr("The streams stay open for another minute.")))
        elif self._asked is not None and self._asked[0]:
            self._open()

    def _open(self) -> None:
        if not self.rows:
            self._asked = None  # Not laid out yet: `keep_open` asks again once it is drawn.
        if self._asked is None or self.streams.is_open:
            return
        probes, watch = self._asked
        others = {s: each for s, each in self.buffer.streams.items() if s not in probes}
        self.buffer.begin(probes, tr("opened again at {time}", time=time.strftime(_CLOCK)))
        self.buffer.streams |= others
        self._began, self._opened_at = {}, self._clock()
        self.streams.begin(probes, watch)
        if self._frames is not None:
            self._frames.resume()
        self._draw()

    def _since_opened(self) -> float:
        return self._clock() - self._opened_at if self._opened_at is not None else 0.0

    def _tick(self) -> None:
        if self.streams.is_open and not self.rows:
            self.stop()
        if not self.streams.is_open and self._frames is not None:
            self._frames.pause()
        if (cut_s := cut_alone_s(self.buffer.streams, self._since_opened())) != self._cut_s:
            self._cut_s = cut_s
            self.post_message(CutAlone(cut_s))
        self._draw()

    # What is shown.

    def _draw(self) -> None:
        if not self.rows:
            return
        now = self._since_opened() if self.streams.is_open else self._now
        below = self._stream_rows(now)
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
        if self.streams.is_open:
            return tr("open for a minute · o longer")
        return tr("o opens again") if self._opened_at is not None and self._asked else ""

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
        return max(1, self.rows - len(self._stream_rows(self._now)))

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

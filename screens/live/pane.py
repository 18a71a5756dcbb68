"""The panel of the live streams: what a step has measured, then the streams that are kept open."""

import time
from collections.abc import Callable, Mapping

from textual.timer import Timer

from screens.live.buffer import Mark, Side
from screens.live.cut import CutAlone, cut_alone_s
from screens.live.event_panel import EventPanel
from screens.live.feed import Timelines, feed_events, feed_timelines, is_same_run
from screens.live.streams import Batch, LiveStreams, Watch
from wizard.model.probe import Probe
from wizard.model.steps import StepId
from wizard.model.timeline import Timeline
from wizard.text.messages import tr

FRAMES_PER_SECOND = 2
LINGER_S = 1.0
"""How long the user is on a step before its streams are asked for again, in seconds: walking past
sends nothing."""
_CLOCK = "%H:%M:%S"

Probes = Mapping[Side, Probe]


class LivePane(EventPanel):
    """Takes what comes of both streams, and opens them again once nothing else runs."""

    def __init__(self, id: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id)
        self._clock = clock
        self.streams = LiveStreams(self._take, self._leave)
        self._fed: Timelines = {}
        self._now: float | None = None
        self._asked: tuple[Probes, Watch] | None = None
        self._step: StepId | None = None
        self._opened_at: float | None = None
        self._began: dict[Side, float] = {}
        self._linger: Timer | None = None
        self._frames: Timer | None = None
        self._cut_s: float | None = None

    @property
    def now(self) -> float | None:
        """Seconds since the streams were asked for; None if nothing runs any more."""
        return self._since_opened() if self.streams.is_open else self._now

    @property
    def streams_note(self) -> str:
        """In a few words, whether streams are open; may be empty."""
        if self.streams.is_open:
            return tr("open for a minute · o longer")
        return tr("o opens again") if self._opened_at is not None and self._asked else ""

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
            self.forget()
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

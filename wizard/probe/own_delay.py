"""When this program itself did not run: its event loop is watched while requests are made."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from wizard.model.absences import MIN_ABSENCE_S

TICK_S = 0.01
"""How often the event loop shows that it runs, in seconds."""
SETTLE_S = 0.25
"""How long what came while this program did not run may take to be read, in seconds."""
Note = Callable[[float], None]
"""Takes for how many seconds this program did not run until now."""


class DelayTicker:
    """Calls listeners after each absence; it ticks while there are any."""

    def __init__(self) -> None:
        self._listeners: list[Note] = []
        self._handle: asyncio.TimerHandle | None = None

    def add(self, listener: Note) -> None:
        """Call this listener after each absence from now on."""
        self._listeners.append(listener)
        if self._handle is None:
            self._schedule()

    def remove(self, listener: Note) -> None:
        """Call this listener no longer, but for the absence that ends now."""
        if self._handle is not None:
            self._note(self._handle.when())
        self._listeners.remove(listener)
        if not self._listeners and self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(TICK_S, self._tick, loop.time() + TICK_S)

    def _tick(self, due: float) -> None:
        self._note(due)
        self._schedule()

    def _note(self, due: float) -> None:
        length_s = asyncio.get_running_loop().time() - due
        if length_s >= MIN_ABSENCE_S:
            for listener in self._listeners:
                listener(length_s)


_tickers: WeakKeyDictionary[asyncio.AbstractEventLoop, DelayTicker] = WeakKeyDictionary()


@contextmanager
def noting_absences(listener: Note) -> Iterator[None]:
    """Call the listener after each time that this program did not run, within the `with` block."""
    ticker = _tickers.setdefault(asyncio.get_running_loop(), DelayTicker())
    ticker.add(listener)
    try:
        yield
    finally:
        ticker.remove(listener)

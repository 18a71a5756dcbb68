"""Writing to the terminal without ever waiting for it for long."""

import contextlib
import os
import select
from collections.abc import Callable

STALL_S = 2.0
"""How long, in seconds, a terminal may take nothing: then what is drawn is discarded."""


def ignore() -> None:
    """Do nothing."""


class TerminalOutput:
    """A file for the driver's writer thread; it never raises, and never blocks for ever.

    A terminal that takes nothing (its network connection hangs) would hold up the event loop, with
    all probes and signals, once the queue of frames is full. What is drawn meanwhile is discarded.
    """

    def __init__(
        self,
        terminal: int,
        on_lost: Callable[[], None] = ignore,
        on_discarded: Callable[[], None] = ignore,
    ) -> None:
        """Prepare to write to a descriptor.

        Args:
            on_lost: Called in the writer's thread when the terminal is gone.
            on_discarded: Called in it when output was discarded, and the terminal takes more again.
        """
        self._terminal, self._own = terminal, _open_again(terminal)
        self._on_lost, self._on_discarded = on_lost, on_discarded
        self._is_lost = self._is_stalled = False

    def fileno(self) -> int:
        """Return the terminal's descriptor."""
        return self._terminal

    def flush(self) -> None:
        """Do nothing: `write` has no buffer."""

    def write(self, text: str) -> None:
        """Write the text, or discard it (and its rest) if the terminal is gone or takes nothing."""
        was_stalled = self._is_stalled
        if self._is_lost or not self._takes_more(0.0 if was_stalled else STALL_S):
            return
        if was_stalled:
            self._on_discarded()
        try:
            self._write_all(text.encode("utf-8", "replace"))
        except OSError:
            self._is_lost = True
            self._on_lost()

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest and self._takes_more(STALL_S):
            with contextlib.suppress(BlockingIOError):
                rest = rest[os.write(self._own, rest) :]

    def _takes_more(self, within: float) -> bool:
        """Wait until the terminal takes output; note that it is stalled if it does not."""
        poll = select.poll()
        poll.register(self._own, select.POLLOUT)
        self._is_stalled = not poll.poll(within * 1000)
        return not self._is_stalled

    def close(self) -> None:
        """Close the descriptor that `write` uses."""
        os.close(self._own)


def _open_again(terminal: int) -> int:
    """Return a descriptor of the same terminal that does not block.

    The one that is given is shared with the shell, and must stay as it is. Where the terminal
    belongs to another user (after `su`) it cannot be opened, and the shared one is used.
    """
    try:
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(os.ttyname(terminal), flags)
    except OSError:
        return os.dup(terminal)

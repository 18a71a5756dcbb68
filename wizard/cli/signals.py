"""End a command on SIGTERM and SIGHUP as on Ctrl-C: with the report of what was found so far."""

import os
import signal
import threading
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_received: list[int] = []


def end_as_interrupted() -> None:
    """Turn these signals into an interrupt, unless the caller ignores them (`nohup`)."""
    _received.clear()
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may handle signals
    for number in _SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt  # as in a background job of a script
    # The event loop ends its task at this signal alone.
    os.kill(os.getpid(), signal.SIGINT)


def interrupted_status() -> int:
    """The exit status of a command that a signal ended: 128 and its number, as in a shell."""
    return 128 + (_received[0] if _received else signal.SIGINT)

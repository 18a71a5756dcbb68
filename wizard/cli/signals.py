"""End a command by a signal as by Ctrl-C: with the report of what was found so far."""

import os
import signal
import threading
from types import FrameType

from wizard.investigation.ending_signals import ENDING_SIGNALS

_INTERRUPTING = tuple(number for number in ENDING_SIGNALS if number != signal.SIGINT)
"""The signals that are turned into an interrupt; SIGINT is one."""
_received: list[int] = []


def end_as_interrupted() -> None:
    """Turn these signals into an interrupt, unless the caller ignores them (`nohup`)."""
    _received.clear()
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may handle signals
    for number in _INTERRUPTING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number in _received:
        return  # a lost connection sends SIGHUP twice: the report must not end with the second
    _received.append(number)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt  # as in a background job of a script
    # The event loop ends its task at this signal alone.
    os.kill(os.getpid(), signal.SIGINT)


def interrupted_status() -> int:
    """The exit status of a command that a signal ended: 128 and its number, as in a shell."""
    return 128 + (_received[0] if _received else signal.SIGINT)

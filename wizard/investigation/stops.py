"""Signals that end or stop this process.

While it is stopped by Ctrl-Z or SIGSTOP its clocks go on, and nothing is read.

What was timed across a stop is wrong: bytes seem late that had arrived, and waits seem over.
"""

import signal

_ENDING = (
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGTERM",
    "SIGUSR1",
    "SIGUSR2",
    "SIGALRM",
    "SIGVTALRM",
    "SIGPROF",
    "SIGXCPU",
    "SIGIO",
    "SIGPWR",
)
ENDING_SIGNALS = tuple(getattr(signal, name) for name in _ENDING if hasattr(signal, name))
"""The signals that would end the process at once, but for those of its own faults (signal(7))."""
STOPPED = "this process was stopped meanwhile, so what was timed is not used: run it again"
"""The reason of a step that a stop has spoiled."""
_noticed: list[int] = []


def note_stop(number: int = 0, _frame: object = None) -> None:
    """Note that the process was stopped and continues: a handler of SIGCONT."""
    _noticed.append(number)


def stops_so_far() -> int:
    """How many stops were noted."""
    return len(_noticed)

"""Stops of this process by Ctrl-Z or SIGSTOP: its clocks go on, and nothing is read meanwhile.

What was timed across a stop is wrong: bytes seem late that had arrived, and waits seem over.
"""

STOPPED = "this process was stopped meanwhile, so what was timed is not used: run it again"
"""The reason of a step that a stop has spoiled."""
_noticed: list[int] = []


def note_stop(number: int = 0, _frame: object = None) -> None:
    """Note that the process was stopped and continues: a handler of SIGCONT."""
    _noticed.append(number)


def stops_so_far() -> int:
    """How many stops were noted."""
    return len(_noticed)

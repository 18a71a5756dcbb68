"""Times measured in turn, so that two figures of one run can be compared."""

import time
from collections.abc import Callable

ROUNDS = 3


def shortest_times(*functions: Callable[[], object]) -> list[float]:
    """Return the shortest time of each function, in seconds, over `ROUNDS` rounds.

    The shortest, because other load can only add to a time. The functions take turns, so that a
    busy moment slows all of them.
    """
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for durations, function in zip(times, functions, strict=True):
            started = time.perf_counter()
            function()
            durations.append(time.perf_counter() - started)
    return [min(durations) for durations in times]

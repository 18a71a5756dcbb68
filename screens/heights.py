"""How many rows each of several stacked panels gets."""

from collections.abc import Sequence

MIN_ROWS = 6
"""The least rows of a panel, border included."""
FIRST_WEIGHT = 2
"""Where there is too little room, the first panel keeps so many times the rows of another."""


def share_rows(total: int, wanted: Sequence[int], spare: int) -> list[int]:
    """Return the rows of each panel, which are `total` together.

    Args:
        wanted: How many rows each panel needs to show all of its lines, border included.
        spare: Index of the panel that gets the rows that none needs.
    """
    rows = [min(total, max(MIN_ROWS, each)) for each in wanted]
    weights = [FIRST_WEIGHT, *[1] * (len(rows) - 1)]
    while sum(rows) > total:
        # A panel at its least rows gives some only where all are: the window is very low.
        can_give = [n for n, each in enumerate(rows) if each > MIN_ROWS] or range(len(rows))
        rows[max(can_give, key=lambda n: rows[n] / weights[n])] -= 1
    rows[spare] += total - sum(rows)
    return rows

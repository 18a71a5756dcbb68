"""Which of several differences are needed for a failure: the smallest set that fails alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Fails = Callable[[tuple[Item, ...]], Awaitable[bool]]
"""Tries a set of items; true if it fails."""


async def smallest_failing(items: Sequence[Item], fails: Fails[Item]) -> tuple[Item, ...]:
    """A set of items that fails, and of which no part fails; nothing and all items are not tried.

    It is QuickXplain (U. Junker, AAAI 2004): one item of n needs about log2(n) trials, and a set of
    k items about k times as many. It takes for granted that nothing does not fail, that all items
    do, and that a set with more items than a failing one fails as well; the caller confirms it.
    Items that stand beside each other are tried together, so likely ones should come first.
    """
    tried: dict[frozenset[Item], bool] = {frozenset(): False, frozenset(items): True}

    async def is_failing(chosen: tuple[Item, ...]) -> bool:
        """Try a set, unless what was tried says it already."""
        one = frozenset(chosen)
        if any(failed and other <= one for other, failed in tried.items()):
            return True
        if any(not failed and one <= other for other, failed in tried.items()):
            return False
        tried[one] = await fails(chosen)
        return tried[one]

    async def needed(
        background: tuple[Item, ...], candidates: tuple[Item, ...]
    ) -> tuple[Item, ...]:
        """Those of the candidates that the background needs in order to fail."""
        if await is_failing(background):
            return ()
        if len(candidates) == 1:
            return candidates
        first, second = _halves(candidates)
        of_second = await needed((*background, *first), second)
        if of_second and await is_failing(of_second):  # alone: the rest needs no trial
            return of_second
        of_first = await needed((*background, *of_second), first)
        return (*of_first, *of_second)

    return await needed((), tuple(items)) if items else ()


def _halves(items: tuple[Item, ...]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    middle = (len(items) + 1) // 2
    return items[:middle], items[middle:]

"""The smallest set that fails: found among many, with few trials, and never an innocent one."""

import math
import random

import pytest

from wizard.probe.bisection import smallest_failing


async def search(count: int, *failing: set[int]) -> tuple[set[int], int]:
    """The set that is found among `count` items, and the number of trials.

    Args:
        failing: The sets of items that fail.
    """
    tried = list[tuple[int, ...]]()

    async def fails(chosen: tuple[int, ...]) -> bool:
        tried.append(chosen)
        return any(each <= set(chosen) for each in failing)

    return set(await smallest_failing(range(count), fails)), len(set(map(frozenset, tried)))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
async def test_each_single_item_is_found(count: int) -> None:
    for item in range(count):
        found, trials = await search(count, {item})
        assert found == {item}
        assert trials <= math.ceil(math.log2(count)) + 1


async def test_only_one_item_needs_no_trial() -> None:
    assert await search(1, {0}) == ({0}, 0)


@pytest.mark.parametrize("seed", range(40))
async def test_items_that_are_needed_together_are_found_alone(seed: int) -> None:
    choose = random.Random(seed)
    count = choose.randrange(2, 12)
    needed = set(choose.sample(range(count), choose.randrange(1, min(4, count) + 1)))
    assert (await search(count, needed))[0] == needed


@pytest.mark.parametrize("seed", range(40))
async def test_of_several_causes_one_whole_one_is_found(seed: int) -> None:
    choose = random.Random(seed)
    causes = [set(choose.sample(range(10), choose.randrange(1, 3))) for _ in range(2)]
    found, _ = await search(10, *causes)
    assert found in causes

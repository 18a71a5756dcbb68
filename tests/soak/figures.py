"""What a process holds at one moment, and whether it holds more and more."""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from statistics import median

import psutil

WARM_UP = 0.2
"""The part of the samples, at the beginning, that is left out: caches and pools fill up."""
MIN_SAMPLES = 15
"""How many samples a comparison needs; with less, one peak would decide."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What this process holds; objects are those that the garbage collector knows.

    Attributes:
        memory: The resident set, in bytes.
    """

    memory: int
    objects: int
    descriptors: int
    threads: int
    tasks: int
    children: int


ALLOWED = Figures(memory=0, objects=0, descriptors=1, threads=1, tasks=1, children=1)
"""How much more of each is no growth, besides `ALLOWED_FACTOR`: what happens to run just now."""
ALLOWED_FACTOR = 1.1


def measure() -> Figures:
    """Return the figures of this process, after a garbage collection."""
    gc.collect()
    process = psutil.Process()
    return Figures(
        process.memory_info().rss,
        len(gc.get_objects()),
        process.num_fds(),
        process.num_threads(),
        len(asyncio.all_tasks()),
        len(process.children(recursive=True)),
    )


@dataclass(frozen=True, slots=True)
class Trend:
    """The medians of the first, the second and the last third of one figure, after the warm-up."""

    name: str
    thirds: tuple[float, float, float]
    has_grown: bool

    def __str__(self) -> str:
        verdict = "  GROWS" if self.has_grown else ""
        return f"{self.name:<12} {' '.join(f'{value:>14,.0f}' for value in self.thirds)}{verdict}"


def trends(samples: Sequence[Figures]) -> list[Trend]:
    """Compare the thirds of these samples. Raises `ValueError` where there are too few."""
    if len(samples) < MIN_SAMPLES:
        raise ValueError(f"{len(samples)} samples, {MIN_SAMPLES} are needed")
    rest = samples[round(len(samples) * WARM_UP) :]
    third = len(rest) // 3
    parts = rest[:third], rest[third : 2 * third], rest[2 * third :]
    found = []
    for index, field in enumerate(fields(Figures)):
        first, second, last = (median(astuple(one)[index] for one in part) for part in parts)
        limit = first * ALLOWED_FACTOR + getattr(ALLOWED, field.name)
        found.append(Trend(field.name, (first, second, last), last > limit))
    return found

"""Backends that write their events late, in parts or together, on a real Nginx.

What the backend does by itself is not blamed on Nginx, with any part of the evidence.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.nginx_real.test_arrivals import HTTP_1_1, OFF, OLD_DEFAULT, Writes, event, proxied
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.nginx.prediction import predict_probes

pytestmark = [pytest.mark.nginx, pytest.mark.slow]


@dataclass(frozen=True)
class EndsWithTheNext:
    """The blank line that ends an event is written in front of the next event."""

    first: bytes = b""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        yield self.first + event(0, 90)[:-1], 0.5
        for number in itertools.count(1):
            yield b"\n" + event(number, 90)[:-1], 0.5


@dataclass(frozen=True)
class SlowParts:
    """An event of 600 bytes is written in parts of 100."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        for number in itertools.count():
            data = event(number, 600)
            for start in range(0, len(data), 100):
                yield data[start : start + 100], 0.4


@dataclass(frozen=True)
class InBuffers:
    """An event of some 600 bytes each 300 ms, in a buffer of 4,096 bytes that nobody flushes."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        waiting, seconds = b"", 0.0
        for number in itertools.count():
            waiting, seconds = waiting + event(number, 600), seconds + 0.3
            if len(waiting) >= 4096:
                yield waiting[:4096], seconds
                waiting, seconds = waiting[4096:], 0.0


@dataclass(frozen=True)
class Collected:
    """Events that are made every 100 ms and written ten at a time."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        while True:
            now = time.time()
            times = [now - 0.1 * n for n in reversed(range(10))]
            yield b"".join(b'data: {"t": %.3f}\n\n' % each for each in times), 1.0


class AnotherPaceEachTime:
    """Every second stream gets its events eight at a time, the others one by one."""

    def __init__(self) -> None:
        self.streams = itertools.count()

    def writes(self) -> Iterator[tuple[bytes, float]]:
        each = 8 if next(self.streams) % 2 else 1
        for number in itertools.count():
            yield b"".join(event(number * each + n, 90) for n in range(each)), 0.05 * each


@dataclass(frozen=True)
class SomeLarge:
    """Every third event is large; a small one follows it soon."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        for number in itertools.count(1):
            yield event(number, 20_000 if number % 3 == 0 else 200), 0.2


@dataclass(frozen=True)
class Finite:
    """An answer of 12 events that takes 1.2 s and names its end."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        for number in range(12):
            yield event(number, 80), 0.1
        yield b"data: [DONE]\n\n", 0.0


@dataclass(frozen=True)
class VeryLarge:
    """Events that take many reads."""

    def writes(self) -> Iterator[tuple[bytes, float]]:
        for number in itertools.count():
            yield event(number, 300_000), 0.5


async def diagnoses(
    stream: Writes, nginx: str, folder: Path, directives: str
) -> dict[str, Diagnosis]:
    """With all evidence, and with parts of it."""
    async with proxied(stream, nginx, folder, directives) as target:
        case, _ = case_and_diagnosis(await investigate(target))
    no_config = replace(case, resolution=None, root_resolution=None, predictions=(), logs=())
    cases = {
        "all": case,
        "direct": no_config,
        "conf": _without_direct(case),
        "url": _without_direct(no_config),
    }
    return {name: diagnose(each) for name, each in cases.items()}


def _without_direct(case: Case) -> Case:
    alone = tuple(classify(result.timeline) for result in case.proxy)
    probes = [result.timeline.probe for result in alone]
    predictions = predict_probes(case.resolution, probes, []) if case.resolution else ()
    target = replace(case.target, direct=())
    return replace(case, target=target, direct=(), proxy=alone, predictions=predictions)


@pytest.mark.parametrize("directives", [HTTP_1_1, OFF])
@pytest.mark.parametrize("stream", [EndsWithTheNext(), SlowParts(), Collected()], ids=repr)
async def test_the_backend_is_slow_and_nginx_is_not_blamed(
    stream: Writes, directives: str, nginx: str, tmp_path: Path
) -> None:
    found = await diagnoses(stream, nginx, tmp_path, directives)
    own = ["backend-buffers"] if isinstance(stream, EndsWithTheNext) else []
    for name, diagnosis in found.items():
        sure = [cause.id for cause in diagnosis.causes if cause.confidence != "possible"]
        assert sure == (own if name in ("all", "direct") else []), (name, diagnosis)
    assert [cause.id for cause in found["all"].causes + found["direct"].causes] == 2 * own


@pytest.mark.parametrize("directives", [HTTP_1_1, OFF])
async def test_the_backend_writes_full_buffers(directives: str, nginx: str, tmp_path: Path) -> None:
    found = await diagnoses(InBuffers(), nginx, tmp_path, directives)
    assert [each.causes[0].id for each in (found["all"], found["direct"])] == 2 * [
        "backend-buffers"
    ]
    assert [name for name, each in found.items() if each.verdict == "healthy"] == []


@pytest.mark.parametrize("directives", [HTTP_1_1, OLD_DEFAULT])
async def test_tails_of_a_few_large_events_among_small_ones(
    directives: str, nginx: str, tmp_path: Path
) -> None:
    found = await diagnoses(SomeLarge(), nginx, tmp_path, directives)
    assert [name for name, each in found.items() if each.verdict == "healthy"] == []
    assert (found["all"].causes[0].id, found["all"].verdict) == ("proxy-buffering-hold", "fault")


async def test_a_few_large_events_without_buffering(nginx: str, tmp_path: Path) -> None:
    found = await diagnoses(SomeLarge(), nginx, tmp_path, OFF)
    assert found["all"].verdict == "healthy"


async def test_a_finite_answer_that_is_held_to_its_end(nginx: str, tmp_path: Path) -> None:
    found = await diagnoses(Finite(), nginx, tmp_path, OLD_DEFAULT)
    if found["all"].verdict == "healthy":
        # The backend shares this process: on a busy machine it may itself send all at once.
        found = await diagnoses(Finite(), nginx, tmp_path, OLD_DEFAULT)
    assert [name for name, each in found.items() if each.verdict == "healthy"] == []
    assert (found["all"].causes[0].id, found["all"].verdict) == ("proxy-buffering-hold", "fault")


@pytest.mark.parametrize("directives", [HTTP_1_1, OFF])
async def test_sessions_of_different_pace(directives: str, nginx: str, tmp_path: Path) -> None:
    found = await diagnoses(AnotherPaceEachTime(), nginx, tmp_path, directives)
    assert [name for name, each in found.items() if each.verdict == "fault"] == []


@pytest.mark.parametrize("stream", [Finite(), VeryLarge()], ids=repr)
async def test_good_streams_without_buffering(stream: Writes, nginx: str, tmp_path: Path) -> None:
    found = await diagnoses(stream, nginx, tmp_path, OFF)
    assert {each.verdict for each in found.values()} == {"healthy"}

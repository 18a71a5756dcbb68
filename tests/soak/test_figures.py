"""The comparison of the soak notices growth, and nothing else."""

from dataclasses import replace

import pytest

from tests.soak.figures import MIN_SAMPLES, Figures, trends

FLAT = Figures(80_000_000, 200_000, 20, 5, 4, 3)


@pytest.mark.parametrize("name", Figures.__dataclass_fields__)
def test_growth_is_noticed(name: str) -> None:
    first = getattr(FLAT, name)
    growing = [replace(FLAT, **{name: round(first * (1 + n / 20)) + n}) for n in range(30)]
    assert [trend.name for trend in trends(growing) if trend.has_grown] == [name]


def test_a_peak_and_a_warm_up_are_no_growth() -> None:
    samples = [replace(FLAT, memory=FLAT.memory + min(n, 5) * 10_000_000) for n in range(30)]
    samples[-2] = replace(FLAT, memory=500_000_000, descriptors=900)
    assert not [trend for trend in trends(samples) if trend.has_grown]


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="are needed"):
        trends([FLAT] * (MIN_SAMPLES - 1))

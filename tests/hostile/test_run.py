"""The harness itself: it notices what it must notice."""

import dataclasses

import pytest

from tests.hostile.run import Run, assert_well_behaved, run

GOOD = Run((), 0, "fine\n", "", 50_000_000)


def test_a_run_is_measured() -> None:
    version = run("--version")

    assert_well_behaved(version)
    assert version.out.startswith("ssewizard")
    assert version.peak_bytes > 5_000_000


def test_a_run_that_does_not_end_fails() -> None:
    with pytest.raises(AssertionError, match="still running"):
        run("check", "http://127.0.0.1:9/sse", longest_s=0.01)


@pytest.mark.parametrize(
    "change",
    [
        {"status": 70},
        {"status": -9},
        {"err": "Traceback (most recent call last)"},
        {"out": "\x1b[31m"},
        {"out": "\u202e"},
        {"err": "\udcff"},
        {"peak_bytes": 500_000_000},
        {"status": 2, "err": "a\nb\nc\nd\n"},
    ],
)
def test_a_bad_ending_fails(change: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        assert_well_behaved(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]

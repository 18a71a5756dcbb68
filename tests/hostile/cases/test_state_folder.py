"""Broken files in the state directory: each is skipped, and the wizard starts."""

import time
from pathlib import Path

import pytest

from screens.saved_cases import _host, interrupted_case, last_target
from screens.state_folder import private_folder
from tests.hostile.cases.inputs import FORGED, REFUSED, WHOLE, Input

MAX_CPU_S = 40.0
"""The most processor time for reading them all; a quadratic one alone took 31 s on a quiet
machine, and all take two."""
NO_PID = 4_194_305
"""A process id that no process has: one more than Linux's highest."""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return private_folder()


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: given.name)
def test_a_file_that_cannot_be_read_is_skipped(given: Input, folder: Path) -> None:
    given.create(folder / f"case-{NO_PID}-abc-{_host()}.json")
    given.create(folder / "last-case.json")
    skipped: list[str] = []

    case = interrupted_case(skipped.append)

    # What the offer does not need is not looked at: a fault there shows when it is opened.
    assert case is None or case.summary.startswith("An investigation of http://")
    assert len(skipped) <= 1
    assert all(problem.isprintable() and len(problem) < 500 for problem in skipped)
    last_target()


def test_all_of_them_hold_up_no_start(folder: Path) -> None:
    for at, given in enumerate((*FORGED, *REFUSED)[:9]):
        given.create(folder / f"case-{NO_PID + at}-abc-{_host()}.json")
    (folder / f"case-{NO_PID + 99}-abc-{_host()}.json").write_bytes(WHOLE)
    before = time.process_time()
    assert interrupted_case() is not None
    assert time.process_time() - before < MAX_CPU_S

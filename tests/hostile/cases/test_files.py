"""Each file is shown, or refused in one sentence, by the command line and by the reader."""

from pathlib import Path

import pytest

from tests.hostile.cases.inputs import FORGED, REFUSED, WHOLE, Input
from tests.hostile.cases.test_fields import assert_rendered
from tests.hostile.cases.whole import attempt
from tests.hostile.run import assert_well_behaved, run
from wizard.investigation.saved import SavedInvestigation

LONGEST_S = 30.0
"""The longest that `open` may take, in seconds; it takes some two on a quiet machine."""
LARGE = ("62 MB", "15 MB", "many", "wide", "config", "repeated", "nested")
"""Words in the names of inputs whose time and memory are measured in a process of their own."""


@pytest.mark.parametrize("given", [*FORGED, *REFUSED], ids=lambda given: given.name)
def test_a_case_file_is_shown_or_refused(given: Input, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    given.create(path)
    if any(word in given.name for word in LARGE):
        opened = run("open", "--format", "text", str(path), longest_s=LONGEST_S)
        assert_well_behaved(opened)
        assert given.problem in opened.err
        assert bool(opened.out) == ("not a case file" not in opened.err) == (not given.problem)
        return
    record = attempt(path)
    if isinstance(record, str):
        assert given.problem
        assert any(problem in record for problem in given.problem.split("|"))
        assert record.isprintable()
        assert len(record) < 400
    else:
        assert given.problem in ("", "cannot be read|")
        assert_rendered(SavedInvestigation(record))


def test_standard_input_is_bounded_alike() -> None:
    for stdin, problem in ((b"[" + b"{}," * 20_000_000, "larger than 16 MiB"), (WHOLE, "")):
        opened = run("open", "--format", "text", "-", stdin=stdin, longest_s=LONGEST_S)
        assert_well_behaved(opened)
        assert problem in opened.err
        assert bool(opened.out) == (not problem)

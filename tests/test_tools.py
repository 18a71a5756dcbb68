"""Which tests may skip, and where none may."""

import pytest

from tests.tools import REQUIRED, fail_skip, missing_tools, require


def skipped() -> pytest.TestReport:
    """Return the report of a skipped test."""
    reason = ("test_x.py", 1, "Skipped: needs nc")
    return pytest.TestReport("test_x.py::test_x", reason, {}, "skipped", reason, "call")


def test_the_reason_names_each_missing_tool_once() -> None:
    names = ("sh", "no-such-tool", "env", "nor-this", "no-such-tool")
    assert missing_tools(*names) == "needs no-such-tool, nor-this"
    assert missing_tools("sh", "env") == ""


def test_a_test_skips_without_its_tool() -> None:
    require("sh")
    with pytest.raises(pytest.skip.Exception, match="needs no-such-tool"):
        require("sh", "no-such-tool")


def test_a_skip_is_a_failure_where_every_tool_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRED, "1")
    report = skipped()
    fail_skip(report)
    assert report.outcome == "failed"
    assert "needs nc" in str(report.longrepr)


def test_an_expected_failure_is_not_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRED, "1")
    report = skipped()
    report.wasxfail = "a known bug"
    fail_skip(report)
    assert report.outcome == "skipped"


def test_a_skip_stays_a_skip_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRED, raising=False)
    report = skipped()
    fail_skip(report)
    assert report.outcome == "skipped"

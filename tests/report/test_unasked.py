"""The reports on targets of an interrupted run: some were not asked, or not to the end."""

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from tests.report.results import fault, healthy
from tests.report.test_batch import FORMATS, entries
from tests.report.test_prometheus import found
from wizard.diagnose.diagnose import diagnose
from wizard.report.batch import NOT_ASKED, Entry, make_entry, render_batch, skipped_entry


def partly(format: str, *known: Entry) -> str:
    """A report on a target that is known, and on two that were not asked."""
    urls = {"b": "http://h/b?token=hunter2", "c": "http://h/c"}
    others = [skipped_entry(format, name, url) for name, url in urls.items()]
    return render_batch(format, [*known, *others], elapsed_s=1.0)


@pytest.mark.parametrize("format", FORMATS)
def test_what_was_not_asked_has_no_verdict(format: str) -> None:
    text = partly(format, make_entry(format, "a", fault()))
    assert "inconclusive" not in text.replace('verdict="inconclusive"} 0', "")
    assert "hunter2" not in text


def test_not_all_is_well_where_some_were_not_asked() -> None:
    known = make_entry("json", "a", healthy())
    data = json.loads(partly("json", known))
    assert data["verdict"] == "inconclusive"
    assert [one.get("skipped") for one in data["targets"]] == [None, NOT_ASKED, NOT_ASKED]
    assert [one["report"] for one in data["targets"][1:]] == [None, None]
    head = partly("text", make_entry("text", "a", healthy())).splitlines()[0]
    assert head == "INCONCLUSIVE  1 healthy; interrupted: 2 of 3 not asked, 1.0 s"
    title, *rows = partly("markdown", make_entry("markdown", "a", healthy())).splitlines()
    assert title == "# inconclusive: 1 healthy; interrupted: 2 of 3 not asked"
    assert rows[-2:] == [f"| {name} | not asked | – | – | – |" for name in "bc"]


def test_what_was_live_and_then_interrupted_is_well_in_no_form() -> None:
    """The metrics of an interrupted run are not written at all: `write_final_report`."""
    case = replace(healthy().case, unfinished=("proxy",))
    made = {"a": replace(healthy(), case=case, diagnosis=diagnose(case))}
    verdicts = {
        format: render_batch(format, entries(format, made), elapsed_s=1.0) for format in FORMATS
    }
    assert verdicts["text"].startswith("INCONCLUSIVE  1 inconclusive of 1")
    assert "interrupted" in verdicts["text"]
    assert json.loads(verdicts["json"])["verdict"] == "inconclusive"
    assert verdicts["markdown"].startswith("# inconclusive: 1 inconclusive of 1")
    suites = Xml.fromstring(verdicts["junit"].encode())
    assert suites.find("testsuite/testcase[@name='verdict']/failure") is not None
    assert [row.value for row in found(verdicts["prometheus"], "healthy")] == [0]


def test_a_suite_that_was_not_run_is_skipped() -> None:
    suites = Xml.fromstring(partly("junit", make_entry("junit", "a", healthy())).encode())
    assert suites.get("failures") == "0"
    for suite in suites.findall("testsuite")[1:]:
        (case,) = suite.findall("testcase")
        assert (suite.get("tests"), suite.get("skipped")) == ("1", "1")
        assert (case.get("classname"), case.get("name")) == (suite.get("name"), "verdict")
        assert [(one.tag, one.get("message")) for one in case] == [("skipped", NOT_ASKED)]


def test_the_metrics_know_nothing_of_what_was_not_asked() -> None:
    text = partly("prometheus", make_entry("prometheus", "a", healthy()))
    assert {row.labels["target"] for row in found(text, "run_timestamp_seconds")} == {"a"}


@pytest.mark.parametrize("format", FORMATS)
def test_interrupted_before_the_first(format: str) -> None:
    text = partly(format)
    assert text.endswith("\n")
    assert ("2 of 2 not asked" in text) == (format in ("text", "markdown"))

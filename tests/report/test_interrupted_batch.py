"""Reports of an interrupted batch: some targets were skipped or only partly probed."""

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from tests.report.results import fault, healthy
from tests.report.test_batch import FORMATS, entries
from tests.report.test_prometheus import samples_of
from wizard.diagnose.diagnose import diagnose
from wizard.report.batch import NOT_ASKED, Entry, make_entry, render_batch, skipped_entry


def render_partly(format: str, *finished: Entry) -> str:
    """Render a report of the given entries and of two skipped targets."""
    urls = {"b": "http://h/b?token=hunter2", "c": "http://h/c"}
    skipped = [skipped_entry(format, name, url) for name, url in urls.items()]
    return render_batch(format, [*finished, *skipped], elapsed_s=1.0)


@pytest.mark.parametrize("format", FORMATS)
def test_a_skipped_target_has_no_verdict(format: str) -> None:
    text = render_partly(format, make_entry(format, "a", fault()))
    assert "inconclusive" not in text.replace('verdict="inconclusive"} 0', "")
    assert "hunter2" not in text


def test_a_batch_with_skipped_targets_is_inconclusive() -> None:
    entry = make_entry("json", "a", healthy())
    data = json.loads(render_partly("json", entry))
    assert data["verdict"] == "inconclusive"
    assert [item.get("skipped") for item in data["targets"]] == [None, NOT_ASKED, NOT_ASKED]
    assert [item["report"] for item in data["targets"][1:]] == [None, None]
    head = render_partly("text", make_entry("text", "a", healthy())).splitlines()[0]
    assert head == "INCONCLUSIVE  1 healthy; interrupted: 2 of 3 not asked, 1.0 s"
    title, *rows = render_partly("markdown", make_entry("markdown", "a", healthy())).splitlines()
    assert title == "# inconclusive: 1 healthy; interrupted: 2 of 3 not asked"
    assert rows[-2:] == [f"| {name} | not asked | – | – | – |" for name in "bc"]


def test_an_interrupted_live_target_is_healthy_in_no_format() -> None:
    """The command line writes no metrics of an interrupted run (`write_final_report`)."""
    case = replace(healthy().case, unfinished=("proxy",))
    results = {"a": replace(healthy(), case=case, diagnosis=diagnose(case))}
    verdicts = {
        format: render_batch(format, entries(format, results), elapsed_s=1.0) for format in FORMATS
    }
    assert verdicts["text"].startswith("INCONCLUSIVE  1 inconclusive of 1")
    assert "interrupted" in verdicts["text"]
    assert json.loads(verdicts["json"])["verdict"] == "inconclusive"
    assert verdicts["markdown"].startswith("# inconclusive: 1 inconclusive of 1")
    suites = Xml.fromstring(verdicts["junit"].encode())
    assert suites.find("testsuite/testcase[@name='verdict']/failure") is not None
    assert [row.value for row in samples_of(verdicts["prometheus"], "healthy")] == [0]


def test_the_junit_suite_of_a_skipped_target_is_skipped() -> None:
    suites = Xml.fromstring(render_partly("junit", make_entry("junit", "a", healthy())).encode())
    assert suites.get("failures") == "0"
    for suite in suites.findall("testsuite")[1:]:
        (case,) = suite.findall("testcase")
        assert (suite.get("tests"), suite.get("skipped")) == ("1", "1")
        assert (case.get("classname"), case.get("name")) == (suite.get("name"), "verdict")
        assert [(item.tag, item.get("message")) for item in case] == [("skipped", NOT_ASKED)]


def test_a_skipped_target_has_no_metrics() -> None:
    text = render_partly("prometheus", make_entry("prometheus", "a", healthy()))
    assert {row.labels["target"] for row in samples_of(text, "run_timestamp_seconds")} == {"a"}


@pytest.mark.parametrize("format", FORMATS)
def test_a_batch_interrupted_before_the_first_target(format: str) -> None:
    text = render_partly(format)
    assert text.endswith("\n")
    assert ("2 of 2 not asked" in text) == (format in ("text", "markdown"))

"""Reports on many targets."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from tests.report.results import SECRET, fault, healthy, hostile, inconclusive
from tests.report.test_prometheus import samples_of
from wizard.diagnose.rules import all_rules
from wizard.model.vantage import Capabilities
from wizard.report import Result
from wizard.report.batch import Entry, make_entry, render_batch, shorten, worst_verdict
from wizard.report.json import report_data
from wizard.report.text import WIDTH

FORMATS = ("text", "json", "markdown", "junit", "prometheus")
ANSI = re.compile(r"\x1b\[\d+m")
RESULTS = {"prod": fault(), "http://h/sse": healthy(), "blind": inconclusive(), "odd": hostile()}


def entries(format: str, results: dict[str, Result] = RESULTS) -> list[Entry]:
    return [make_entry(format, name, result) for name, result in results.items()]


def render(format: str, *, color: bool = False) -> str:
    return render_batch(format, entries(format), elapsed_s=3.21, color=color)


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_contains_control_characters_or_secrets(format: str) -> None:
    text = render(format)
    assert text.replace("\n", "").replace("\t", "").isprintable()
    assert SECRET not in text
    assert text.endswith("\n")


def test_each_target_has_a_row_in_aligned_columns() -> None:
    lines = render("text").splitlines()
    assert lines[0] == "FAULT  2 fault, 1 inconclusive, 1 healthy of 4, 3.2 s"
    assert lines[1] == ""
    heads, *rows = lines[2:7]
    assert heads.split() == ["target", "verdict", "cause", "event", "took"]
    assert [row.split()[0] for row in rows] == ["prod", "h/sse", "blind", "odd"]
    at = heads.index("verdict")
    assert [row[at:].split()[0] for row in rows] == ["FAULT", "healthy", "inconclusive", "FAULT"]
    at = heads.index("cause")
    assert rows[0][at:].startswith("proxy-buffering-hold (confirmed)  ")
    assert {len(row) for row in (heads, *rows)} == {len(heads)}
    assert all(len(line) <= WIDTH for line in lines)


def test_the_widest_rows_fit() -> None:
    longest = max((rule.id for rule in all_rules()), key=len)
    wide = [
        Entry("n" * 200, "u", "fault", "", f"{longest} (confirmed)", 12.34, 123.4, (), False, None),
        Entry("m", "u", "inconclusive", "", "", 0.9999, 1.0, (), False, None),
    ]
    rows = render_batch("text", wide, elapsed_s=1.0).splitlines()[2:5]
    assert max(map(len, rows)) <= WIDTH
    assert "nn..nn" in rows[1]


@pytest.mark.parametrize("size", range(4, 30))
def test_a_long_name_keeps_both_ends(size: int) -> None:
    name = "https://example.com/sse"
    shown = shorten(name, size)
    assert len(shown) == min(size, len(name))
    assert shown == name or (shown[0], shown[-1]) == (name[0], name[-1])


def test_colours_change_no_text() -> None:
    coloured = render("text", color=True)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == render("text")


def test_an_unhealthy_target_has_its_full_summary() -> None:
    summary = " ".join(render("text").partition("Not healthy\n")[2].split())
    assert summary.startswith("- prod (http://127.0.0.1:8081/sse): Nginx buffers the stream")
    assert "- blind (http" in summary
    assert "h/sse: The stream is live" not in summary


def test_a_vantage_that_was_not_reached_is_listed_once() -> None:
    result, why = healthy(), "web: ssh: no route to host"
    capabilities = (Capabilities("web", problem=why),)
    case = replace(result.case, capabilities=capabilities, problems={"config": why})
    entry = make_entry("text", "a", replace(result, case=case))
    text = render_batch("text", [entry], elapsed_s=1.0)
    assert text.endswith(f"\nNot read or not reached\n  - a: {why}\n")


def test_a_batch_without_faults_is_short() -> None:
    healthy_entries = entries("text", {"a": healthy(), "b": healthy()})
    lines = render_batch("text", healthy_entries, elapsed_s=0.5).splitlines()
    assert lines[0] == "HEALTHY  2 healthy of 2, 0.5 s"
    assert len(lines) == 5


def test_each_target_has_the_json_of_a_single_check() -> None:
    data = json.loads(render("json"))
    assert list(data) == ["schema", "targets", "verdict", "elapsed_s"]
    assert (data["verdict"], data["elapsed_s"]) == ("fault", 3.21)
    assert data["targets"][0] == {"name": "prod", "report": report_data(fault())}


def test_the_batch_has_the_worst_verdict() -> None:
    assert worst_verdict(entries("text", {"a": healthy()})) == "healthy"
    assert worst_verdict(entries("text", {"a": healthy(), "b": inconclusive()})) == "inconclusive"
    assert worst_verdict(entries("text", {"a": fault(), "b": inconclusive()})) == "fault"


def test_markdown_headings_of_a_target_are_one_level_lower() -> None:
    text = render("markdown")
    assert text.startswith("# fault: 2 fault, 1 inconclusive, 1 healthy of 4\n")
    outside = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", text)
    heads = [line for line in outside.splitlines() if re.match("##? ", line)]
    assert [head.partition(": ")[0] for head in heads[1:]] == ["## prod", "## blind", "## odd"]
    assert "\n### proxy-buffering-hold (confirmed)\n" in text
    assert "\n| h/sse | healthy | – |" in text


def test_each_target_has_a_junit_suite() -> None:
    suites = Xml.fromstring(render("junit").encode())
    assert [suite.get("name") for suite in suites] == ["prod", "http://h/sse", "blind", "odd"]
    cases = suites.findall("testsuite/testcase")
    assert suites.get("tests") == str(len(cases)) == "28"
    assert suites.get("failures") == str(len(suites.findall("testsuite/testcase/failure"))) == "6"
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)


def test_the_metrics_contain_all_targets() -> None:
    text = render("prometheus")
    assert {row.labels["target"]: row.value for row in samples_of(text, "healthy")} == {
        "prod": 0,
        "http://h/sse": 1,
        "blind": 0,
        "odd": 0,
    }

"""The text report: its width, its colours, its blank lines and its parts."""

import re
from dataclasses import replace

import pytest

from tests.report.results import RECOMMENDATION, SECRET, fault, healthy, hostile, inconclusive
from wizard.diagnose.rules import all_rules
from wizard.model.probe import Probe
from wizard.report import Result
from wizard.report.text import WIDTH, recommendation_text, text_report

MAKERS = [fault, healthy, inconclusive]
ANSI = re.compile(r"\x1b\[\d+m")


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def result(request: pytest.FixtureRequest) -> Result:
    result: Result = request.param()
    return result


def test_lines_have_at_most_80_columns(result: Result) -> None:
    assert max(map(len, text_report(result).splitlines())) <= WIDTH


def test_a_long_path_is_not_broken() -> None:
    """A reader copies it."""
    path = f"/{'very-long/' * 12}nginx.conf:6"
    result = fault()
    result = Result(
        result.case,
        result.diagnosis,
        type(RECOMMENDATION)(f"insert before line 6 of {path}", RECOMMENDATION.parts),
        result.steps,
        1.0,
    )
    assert path in text_report(result)


def test_there_are_no_double_blank_lines(result: Result) -> None:
    text = text_report(result)
    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    assert text.endswith(" s\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_colour_only_adds_escape_sequences(result: Result) -> None:
    text = text_report(result, color=False)
    assert "\x1b" not in text
    coloured = text_report(result, color=True)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == text


def test_the_verdict_comes_first() -> None:
    assert text_report(fault()).startswith("FAULT  Nginx buffers the stream")
    assert text_report(healthy()).startswith("HEALTHY  ")
    assert text_report(inconclusive()).startswith("INCONCLUSIVE  ")


def test_each_probe_has_a_row_below_its_check() -> None:
    lines = text_report(fault()).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  fault    proxy "))
    assert lines[at + 1].split() == ["HTTP/1.1", "held", "1", "ms", "–", "–"]
    assert lines[at + 2].split()[:4] == ["HTTP/1.1", "+", "gzip", "held"]


@pytest.mark.parametrize(
    ("probe", "shown"),
    [
        (Probe("sse-proxy", "u", vantage="web"), "HTTP/1.1 from web"),
        (Probe("sse-hop", "u", vantage="web", hop="inner"), "inner HTTP/1.1 from web"),
        (Probe("sse-hop", "u", "2", "gzip", "web", "inner"), "inner HTTP/2 + gzip from web"),
        (Probe("sse-hop", "u", vantage="x" * 30, hop="a"), f"a HTTP/1.1 from {'x' * 12}…"),
    ],
)
def test_a_probes_name_fits_its_column(probe: Probe, shown: str) -> None:
    result = fault()
    results = [
        replace(item, timeline=replace(item.timeline, probe=probe)) for item in result.case.proxy
    ]
    text = text_report(replace(result, case=replace(result.case, proxy=tuple(results))))
    assert re.search(rf"\n {{4}}{re.escape(shown)} +held ", text)
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_block_and_the_diff_can_be_pasted() -> None:
    text = recommendation_text(RECOMMENDATION)
    assert "    location = /sse {\n" in text
    assert "    +\tproxy_buffering off;\n" in text
    assert "(cd /etc/nginx && patch -p0) < ssewizard-fix.diff" in text


def test_each_new_line_has_its_reason_and_a_kept_one_none() -> None:
    text = recommendation_text(RECOMMENDATION)
    assert "  proxy_buffering off;\n      each event is passed on as it comes\n" in text
    assert "kept: the same upstream" not in text


def test_without_a_recommendation_none_is_shown() -> None:
    assert "Recommended" not in text_report(healthy())


@pytest.mark.parametrize("color", [False, True])
def test_hostile_text_is_escaped(color: bool) -> None:
    text = ANSI.sub("", text_report(hostile(), color=color))
    assert text.replace("\n", "").isprintable()
    assert SECRET not in text


def test_explain_has_at_most_80_columns() -> None:
    from wizard.cli.explain import format_rule_text

    for rule in all_rules():
        long = [line for line in format_rule_text(rule.text).splitlines() if len(line) > WIDTH]
        assert all("https://" in line for line in long), long

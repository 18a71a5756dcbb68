"""The report for a person: it fits, it is quiet without colour, it has no gaps."""

import re
from dataclasses import replace

import pytest

from tests.report.results import MADE, SECRET, fault, healthy, hostile, inconclusive
from wizard.diagnose.rules import all_rules
from wizard.model.timeline import Probe
from wizard.report import Result
from wizard.report.text import WIDTH, recommendation_text, text_report

MAKERS = [fault, healthy, inconclusive]
ANSI = re.compile(r"\x1b\[\d+m")


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def result(request: pytest.FixtureRequest) -> Result:
    made: Result = request.param()
    return made


def test_it_fits(result: Result) -> None:
    assert max(map(len, text_report(result).splitlines())) <= WIDTH


def test_what_cannot_fit_stays_whole() -> None:
    """A long path is there to be copied."""
    path = f"/{'very-long/' * 12}nginx.conf:6"
    result = fault()
    made = Result(
        result.case,
        result.diagnosis,
        type(MADE)(MADE.summary, MADE.lines, insert_at=path),
        result.steps,
        1.0,
    )
    assert path in text_report(made)


def test_no_gaps(result: Result) -> None:
    text = text_report(result)
    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    assert text.endswith(" s\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_no_ansi_without_colour(result: Result) -> None:
    text = text_report(result, color=False)
    assert "\x1b" not in text
    coloured = text_report(result, color=True)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == text


def test_the_verdict_comes_first() -> None:
    assert text_report(fault()).startswith("FAULT  Nginx buffers the stream")
    assert text_report(healthy()).startswith("HEALTHY  ")
    assert text_report(inconclusive()).startswith("INCONCLUSIVE  ")


def test_each_leg_stands_below_its_check() -> None:
    lines = text_report(fault()).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  FAIL  sse-proxy"))
    assert lines[at + 1].split() == ["h1", "identity", "held", "1", "ms", "–", "–"]
    assert lines[at + 2].split()[:3] == ["h1", "gzip", "held"]


@pytest.mark.parametrize(
    ("probe", "shown"),
    [
        (Probe("sse-proxy", "u", vantage="web"), "h1 identity from web"),
        (Probe("sse-hop", "u", vantage="web", hop="inner"), "inner h1 from web"),
        (Probe("sse-hop", "u", "2", "gzip", "web", "inner"), "inner h2 gzip from web"),
        (Probe("sse-hop", "u", vantage="x" * 30, hop="a"), f"a h1 from {'x' * 12}…"),
    ],
)
def test_a_leg_keeps_its_place_in_its_column(probe: Probe, shown: str) -> None:
    made = fault()
    results = [replace(one, timeline=replace(one.timeline, probe=probe)) for one in made.case.proxy]
    text = text_report(replace(made, case=replace(made.case, proxy=tuple(results))))
    assert re.search(rf"\n {{10}}{shown} +held ", text)
    assert max(map(len, text.splitlines())) <= WIDTH


def test_the_block_and_the_diff_can_be_pasted() -> None:
    text = recommendation_text(MADE)
    assert "    location = /sse {\n" in text
    assert "    +\tproxy_buffering off;\n" in text
    assert "(cd /etc/nginx && patch -p0) < ssewizard-fix.diff" in text


def test_each_new_line_has_its_reason_and_a_kept_one_none() -> None:
    text = recommendation_text(MADE)
    assert "  proxy_buffering off;\n      each event is passed on as it comes\n" in text
    assert "kept: the same upstream" not in text


def test_without_a_recommendation_none_is_shown() -> None:
    assert "Recommended" not in text_report(healthy())


@pytest.mark.parametrize("color", [False, True])
def test_hostile_texts_are_written_out(color: bool) -> None:
    text = ANSI.sub("", text_report(hostile(), color=color))
    assert text.replace("\n", "").isprintable()
    assert SECRET not in text


def test_explain_fits_too() -> None:
    from wizard.cli.explain import format_rule_text

    for rule in all_rules():
        long = [line for line in format_rule_text(rule.text).splitlines() if len(line) > WIDTH]
        assert all("https://" in line for line in long), long

"""All places side by side, in each form."""

import json
from dataclasses import replace

from tests.diagnose.test_hops import case_of_hops
from tests.report.results import STEPS
from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.vantage import Capabilities, Vantage
from wizard.report import Result
from wizard.report.hops import hops_text
from wizard.report.json import json_report
from wizard.report.junit import junit_report
from wizard.report.markdown import markdown_report
from wizard.report.text import text_report

WEB = Vantage("web", ("ssh", "web"))
FOUND = Capabilities("web", "curl", "curl 8.5.0", 0.042, -90.25, 0.021, "+0100")


def looked() -> Case:
    """Two hops; the direct probe was asked from another place."""
    case = case_of_hops("held", "held", "live")
    probes = [replace(probe_result.timeline.probe, vantage="web") for probe_result in case.direct]
    direct = tuple(
        replace(probe_result, timeline=replace(probe_result.timeline, probe=probe))
        for probe_result, probe in zip(case.direct, probes, strict=True)
    )
    target = replace(case.target, vantages=(WEB,))
    return replace(case, target=target, direct=direct, capabilities=(FOUND,))


def result() -> Result:
    case = looked()
    return Result(case, diagnose(case), None, STEPS, 2.0)


def test_the_table_in_the_text_report() -> None:
    said = text_report(result())
    table = said[said.index("Side by side") :].split("\n\n")[0]
    assert table.splitlines() == [
        "Side by side              h1 plain     h1 gzip",
        "  outside                 held         held",
        "  edge                    held         –",
        "  inner                   live 6 ms    –",
        "  direct from web         live 6 ms    live 6 ms",
        "  Live at inner, held at edge: it is edge.",
        "  web: curl 8.5.0, round trip 42 ms, clock -90.2 s",
    ]
    assert max(map(len, said.splitlines())) <= 80


def test_the_usual_two_places_need_no_table() -> None:
    assert hops_text(make_case(proxy="held", direct="live")) == ""


def test_the_table_in_markdown() -> None:
    said = markdown_report(result())
    assert "| edge | held | – |" in said
    assert "Live at inner, held at edge: it is edge." in said


def test_the_json_names_places_and_vantages() -> None:
    data = json.loads(json_report(result()))
    assert [(one["kind"], one["name"]) for one in data["hops"]] == [
        ("outside", "outside"),
        ("hop", "edge"),
        ("hop", "inner"),
        ("direct", "direct from web"),
    ]
    assert data["hops"][1]["outcomes"] == {"h1 plain": "held"}
    assert (data["first_failing_hop"]["at"], data["first_failing_hop"]["inner"]) == (
        "edge",
        "inner",
    )
    assert data["vantages"][0]["command"] == "ssh web"
    assert data["vantages"][0]["round_trip_s"] == 0.042
    hops = next(check for check in data["checks"] if check["id"] == "sse-hop")
    assert (hops["status"], [run["hop"] for run in hops["runs"]]) == ("fail", ["edge", "inner"])


def test_the_hops_are_a_check_in_junit_too() -> None:
    assert 'name="sse-hop"' in junit_report(result())


def test_without_hops_there_is_no_such_check() -> None:
    case = make_case(proxy="held", direct="live")
    checks = Result(case, diagnose(case), None, STEPS, 2.0).checks
    assert "sse-hop" not in [check.id for check in checks]


def test_what_a_place_says_of_itself_is_shown_safely() -> None:
    broken = Capabilities("web", problem="no shell there \x1b[2J sessionId=abcdef")
    case = replace(looked(), capabilities=(broken,))
    said = text_report(Result(case, diagnose(case), None, STEPS, 2.0))
    assert "\x1b" not in said
    assert "abcdef" not in said

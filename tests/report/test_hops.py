"""The hops side by side, in each report format."""

import json
from dataclasses import replace

from tests.report.results import STEP_STATES
from tests.rules.samples.build import case_of_hops, make_case
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
CAPABILITIES = Capabilities("web", "curl", "curl 8.5.0", 0.042, -90.25, 0.021, "+0100")


def case_with_hops() -> Case:
    """Return a case with two hops and a direct probe from a vantage."""
    case = case_of_hops("held", "held", "live")
    probes = [replace(probe_result.timeline.probe, vantage="web") for probe_result in case.direct]
    direct = tuple(
        replace(probe_result, timeline=replace(probe_result.timeline, probe=probe))
        for probe_result, probe in zip(case.direct, probes, strict=True)
    )
    target = replace(case.target, vantages=(WEB,))
    return replace(case, target=target, direct=direct, capabilities=(CAPABILITIES,))


def result() -> Result:
    case = case_with_hops()
    return Result(case, diagnose(case), None, STEP_STATES, 2.0)


def test_the_table_in_the_text_report() -> None:
    text = text_report(result())
    table = text[text.index("Side by side") :].split("\n\n")[0]
    assert table.splitlines() == [
        "Side by side              HTTP/1.1     HTTP/1.1",
        "                                       + gzip",
        "  outside                 held         held",
        "  edge                    held         –",
        "  inner                   live 6 ms    –",
        "  direct from web         live 6 ms    live 6 ms",
        "  Live at inner, held at edge: it is edge.",
        "  web: curl 8.5.0, round trip 42 ms, clock -90.2 s",
    ]
    assert max(map(len, text.splitlines())) <= 80


def test_one_proxied_and_one_direct_url_need_no_table() -> None:
    assert hops_text(make_case(proxy="held", direct="live")) == ""


def test_the_table_in_markdown() -> None:
    text = markdown_report(result())
    assert "| edge | held | – |" in text
    assert "Live at inner, held at edge: it is edge." in text


def test_the_json_has_hops_and_vantages() -> None:
    data = json.loads(json_report(result()))
    assert [(hop["kind"], hop["name"]) for hop in data["hops"]] == [
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


def test_junit_has_a_check_of_the_hops() -> None:
    assert 'name="sse-hop"' in junit_report(result())


def test_without_hops_there_is_no_check_of_them() -> None:
    case = make_case(proxy="held", direct="live")
    checks = Result(case, diagnose(case), None, STEP_STATES, 2.0).checks
    assert "sse-hop" not in [check.id for check in checks]


def test_a_vantages_own_message_is_escaped_and_redacted() -> None:
    broken = Capabilities("web", problem="no shell there \x1b[2J sessionId=abcdef")
    case = replace(case_with_hops(), capabilities=(broken,))
    text = text_report(Result(case, diagnose(case), None, STEP_STATES, 2.0))
    assert "\x1b" not in text
    assert "abcdef" not in text

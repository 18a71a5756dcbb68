"""The JSON of `check`: documented keys and values, no control characters, no secrets."""

import json
from typing import Any

import pytest

from tests.report.results import SECRET, fault, healthy, hostile, inconclusive
from wizard.report import Result
from wizard.report.json import json_report

MAKERS = [fault, healthy, inconclusive, hostile]
CHECKS = ["root-proxy", "sse-proxy", "sse-direct", "logs", "config", "handshake"]
RUN = {
    "vantage", "http", "encoding", "status", "connect_s", "headers_s", "first_event_s", "events",
    "bytes", "held", "ended",
}  # fmt: skip
ENDED = {"open", "eof", "reset", "timeout", "refused", "tls", "dns"}


def report_of(result: Result) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(json_report(result))
    return report


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    return report_of(request.param())


def test_the_documented_keys_are_there(report: dict[str, Any]) -> None:
    keys = {
        "schema",
        "tool",
        "target",
        "verdict",
        "causes",
        "checks",
        "recommendation",
        "elapsed_s",
    }
    assert keys <= report.keys()
    assert report["schema"] == "ssewizard.report/2"
    assert report["tool"].keys() == {"name", "version"}
    assert report["target"].keys() >= {"url", "direct", "conf"}
    assert report["verdict"] in ("healthy", "fault", "inconclusive")
    assert isinstance(report["elapsed_s"], float)


def test_all_checks_are_there_in_order(report: dict[str, Any]) -> None:
    assert [check["id"] for check in report["checks"]] == CHECKS
    for check in report["checks"]:
        assert check.keys() >= {"id", "status", "why", "runs"}
        assert check["status"] in ("pass", "fail", "warn", "skip")
        assert check["why"]


def test_every_run_has_the_documented_values(report: dict[str, Any]) -> None:
    runs = [run for check in report["checks"] for run in check["runs"]]
    assert runs
    for run in runs:
        assert run.keys() >= RUN
        assert run["http"] in ("1.1", "2")
        assert run["encoding"] in ("identity", "gzip")
        assert run["ended"] in ENDED
        assert isinstance(run["held"], bool)


def test_every_cause_has_evidence_and_a_fix(report: dict[str, Any]) -> None:
    for cause in report["causes"]:
        assert cause.keys() >= {"id", "confidence", "title", "evidence", "fix"}
        assert cause["confidence"] in ("confirmed", "likely", "possible")
        assert cause["evidence"]
        assert all(item.keys() == {"kind", "where", "text"} for item in cause["evidence"])
        assert cause["fix"].keys() == {"summary", "where"}


def test_a_fault_has_its_cause_and_recommendation() -> None:
    report = report_of(fault())
    assert report["verdict"] == "fault"
    assert report["causes"][0]["id"] == "proxy-buffering-hold"
    assert report["elapsed_s"] == 2.046
    proxied = report["checks"][1]
    assert [run["held"] for run in proxied["runs"]] == [True, True]
    assert proxied["runs"][0]["first_event_s"] is None
    assert report["checks"][2]["runs"][0]["first_event_s"] == 0.006
    recommendation = fault().recommendation
    assert recommendation is not None
    assert report["recommendation"]["block"] == recommendation.block
    assert report["recommendation"]["diff"] == recommendation.diff
    assert report["recommendation"]["insert_at"] == "nginx.conf:6"


def test_a_healthy_result_has_no_cause() -> None:
    report = report_of(healthy())
    assert (report["verdict"], report["causes"], report["recommendation"]) == ("healthy", [], None)


def test_an_inconclusive_result_shows_what_was_skipped() -> None:
    report = report_of(inconclusive())
    assert report["verdict"] == "inconclusive"
    assert report["target"]["conf"] is None
    by_id = {check["id"]: check for check in report["checks"]}
    assert by_id["sse-direct"]["status"] == "skip"
    assert by_id["sse-direct"]["runs"] == []
    assert report["notes"]


def test_the_json_is_ascii_without_control_characters() -> None:
    text = json_report(hostile())
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_the_json_contains_no_secret() -> None:
    assert SECRET not in json_report(hostile())

"""The JSON of `check`: the contract's keys, its words, and nothing that a terminal obeys."""

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


def report(result: Result) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json_report(result))
    return made


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    return report(request.param())


def test_the_contracts_keys(made: dict[str, Any]) -> None:
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
    assert keys <= made.keys()
    assert made["schema"] == "ssewizard.report/2"
    assert made["tool"].keys() == {"name", "version"}
    assert made["target"].keys() >= {"url", "direct", "conf"}
    assert made["verdict"] in ("healthy", "fault", "inconclusive")
    assert isinstance(made["elapsed_s"], float)


def test_every_check_stands_there_in_its_order(made: dict[str, Any]) -> None:
    assert [check["id"] for check in made["checks"]] == CHECKS
    for check in made["checks"]:
        assert check.keys() >= {"id", "status", "why", "runs"}
        assert check["status"] in ("pass", "fail", "warn", "skip")
        assert check["why"]


def test_every_run_has_its_figures(made: dict[str, Any]) -> None:
    runs = [run for check in made["checks"] for run in check["runs"]]
    assert runs
    for run in runs:
        assert run.keys() >= RUN
        assert run["http"] in ("1.1", "2")
        assert run["encoding"] in ("identity", "gzip")
        assert run["ended"] in ENDED
        assert isinstance(run["held"], bool)


def test_every_cause_has_evidence_and_a_fix(made: dict[str, Any]) -> None:
    for cause in made["causes"]:
        assert cause.keys() >= {"id", "confidence", "title", "evidence", "fix"}
        assert cause["confidence"] in ("confirmed", "likely", "possible")
        assert cause["evidence"]
        assert all(one.keys() == {"kind", "where", "text"} for one in cause["evidence"])
        assert cause["fix"].keys() == {"summary", "where"}


def test_a_fault() -> None:
    made = report(fault())
    assert made["verdict"] == "fault"
    assert made["causes"][0]["id"] == "proxy-buffering-hold"
    assert made["elapsed_s"] == 2.046
    proxied = made["checks"][1]
    assert [run["held"] for run in proxied["runs"]] == [True, True]
    assert proxied["runs"][0]["first_event_s"] is None
    assert made["checks"][2]["runs"][0]["first_event_s"] == 0.006
    result = fault().recommendation
    assert result is not None
    assert made["recommendation"]["block"] == result.block
    assert made["recommendation"]["diff"] == result.diff
    assert made["recommendation"]["insert_at"] == "nginx.conf:6"


def test_healthy() -> None:
    made = report(healthy())
    assert (made["verdict"], made["causes"], made["recommendation"]) == ("healthy", [], None)


def test_inconclusive_says_what_was_not_done() -> None:
    made = report(inconclusive())
    assert made["verdict"] == "inconclusive"
    assert made["target"]["conf"] is None
    by_id = {check["id"]: check for check in made["checks"]}
    assert by_id["sse-direct"]["status"] == "skip"
    assert by_id["sse-direct"]["runs"] == []
    assert made["notes"]


def test_it_is_ascii_without_controls() -> None:
    text = json_report(hostile())
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


def test_the_secret_is_nowhere() -> None:
    assert SECRET not in json_report(hostile())

"""The history of the logs, in each report format."""

import json
from dataclasses import replace

from tests.screens import investigations
from wizard.model.case import Case
from wizard.model.log_report import History, LogReport
from wizard.report.logs import history_headlines, logs_json, logs_text
from wizard.report.result import input_problems, unread_inputs


def case(history: History | None, file: str = "access.log") -> Case:
    return replace(investigations.case(live=True), logs=(LogReport(file, history=history),))


def test_a_log_without_history_adds_nothing() -> None:
    assert (logs_text(case(None)), history_headlines(case(None))) == ("", [])
    assert logs_json(case(None))[0]["history"] is None


def test_the_history_is_in_the_text() -> None:
    text = logs_text(case(investigations.log_history(held=True)))
    assert "clients were cut off: 13 ended with 499" in text.replace("\n    ", " ")
    assert "oldest first: 0 0 1 0 0 2" in text
    assert "198.51.100.23 (9)" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_history_is_in_the_json() -> None:
    (log,) = logs_json(case(investigations.log_history(held=True)))
    history = json.loads(json.dumps(log))["history"]
    assert sum(history["left_499"]) == 13
    assert history["until"] - history["since"] == 2460
    assert history["clients"][0] == {"client": "198.51.100.23", "cut_off": 9}


def test_our_lines_are_in_the_json() -> None:
    (log,) = logs_json(investigations.case(live=False))
    assert [(line["tag"], line["client"]) for line in log["lines"]] == [
        ("held-499", "sse-proxy h1 identity")
    ]


def test_a_ticket_gets_the_headline() -> None:
    (line,) = history_headlines(case(investigations.log_history(held=False)))
    assert line.startswith(
        "access.log: before the probes: no line of a request that was cut off or failed"
    )


def test_no_control_character_and_no_secret() -> None:
    hostile = replace(
        investigations.log_history(held=True),
        clients=(("\x1b[2J?token=hunter2", 1),),
        clock="\x1b[2J",
    )
    case_ = case(hostile, "a\x1b.log")
    for text in (logs_text(case_), json.dumps(logs_json(case_)), *history_headlines(case_)):
        assert "\x1b" not in text
        assert "hunter2" not in text


def test_a_log_with_history_is_not_an_unread_input() -> None:
    broken = LogReport("pod", problem="pod: the connection was lost")
    case_ = replace(case(None), logs=(broken,))
    assert unread_inputs(case_) == ("pod: the connection was lost",)
    read_before = replace(
        case_, logs=(replace(broken, history=investigations.log_history(held=False)),)
    )
    assert unread_inputs(read_before) == ()
    assert input_problems(read_before) == ("pod: the connection was lost",)

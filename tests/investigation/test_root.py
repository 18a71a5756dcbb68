"""The state of the root path's answer."""

from dataclasses import replace

import pytest

from wizard.investigation.step_results import rate_root
from wizard.model.events import Connected, Ended, Headers, ProbeEvent, Resolved
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

TLS_PAGE = "<title>400 The plain HTTP request was sent to HTTPS port</title>"


def answer(status: int, excerpt: str = "") -> Timeline:
    events: list[ProbeEvent] = [Resolved(0.001, "192.0.2.1"), Connected(0.002)]
    headers = (("content-type", "text/html; charset=utf-8"),)
    events += [Headers(0.02, status, "1.1", headers), Ended(0.03, "eof")]
    timeline = Timeline(Probe("root-proxy", "http://192.0.2.1/")).fold(events)
    return replace(timeline, excerpt=excerpt)


@pytest.mark.parametrize("status", [200, 204, 301, 401, 403])
def test_an_answer_that_shows_a_server_is_ok(status: int) -> None:
    assert rate_root(answer(status)) == ("pass", f"{status} text/html after 20 ms")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "refuses the request as it was sent"),
        (404, "nothing is served at this path"),
        (500, "a server error"),
        (502, "got no answer from the one behind it"),
        (503, "refuses the request for now"),
        (504, "got no answer from the one behind it"),
        (507, "a server error"),
    ],
)
def test_an_answer_to_look_at_has_its_reason(status: int, reason: str) -> None:
    state, why = rate_root(answer(status))
    assert state == "warn"
    assert why.startswith(f"answers {status} text/html after 20 ms: ")
    assert reason in why


def test_a_port_for_tls_is_told() -> None:
    assert rate_root(answer(400, TLS_PAGE)) == (
        "warn",
        "answers 400 text/html after 20 ms: this port speaks TLS, use https://",
    )


def test_no_answer_is_a_fault() -> None:
    timeline = Timeline(Probe("root-proxy", "http://192.0.2.1/")).fold([Ended(5.0, "timeout")])
    assert rate_root(timeline)[0] == "fail"

"""Where nothing answers, the further steps are not run, and the user is told what to do."""

import pytest

from wizard.investigation.dead_end import dead_end
from wizard.model.case import Case
from wizard.model.events import Connected, Ended, Ending, Headers, ProbeEvent, Resolved
from wizard.model.probe import Probe
from wizard.model.target import Target
from wizard.model.timeline import Timeline

URL = "https://mcp.example.com:8443/sse"
FOUND, CONNECTED = Resolved(0.1, "192.0.2.1"), Connected(0.2)


def case(*events: ProbeEvent) -> Case:
    root = Timeline(Probe("root-proxy", "https://mcp.example.com:8443/")).fold(events)
    return Case(Target(URL), root=root)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((Ended(0.1, "dns", "no address"),), "mcp.example.com has no address here"),
        ((FOUND, Ended(0.2, "refused", "refused")), "Nothing listens on 192.0.2.1:8443. Wrong"),
        ((FOUND, Ended(9.0, "timeout", "no TCP")), "192.0.2.1:8443 does not accept connections"),
    ],
)
def test_what_to_do_is_said(events: tuple[ProbeEvent, ...], told: str) -> None:
    assert dead_end(case(*events)).startswith(told)


@pytest.mark.parametrize("reason", ["tls", "open", "eof", "reset", "timeout"])
def test_other_ends_are_looked_into(reason: Ending) -> None:
    assert dead_end(case(FOUND, CONNECTED, Ended(1.0, reason, "why"))) == ""


def test_an_answer_and_a_step_that_has_not_run_are_no_dead_end() -> None:
    assert dead_end(case(FOUND, CONNECTED, Headers(0.3, 502, "1.1", ()))) == ""
    assert dead_end(Case(Target(URL))) == ""

"""The limits that SECURITY.md states are kept where requests are sent, whatever the callers do."""

from contextlib import aclosing

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from tests.rules.samples.build import make_case
from wizard.model.case import Case, FollowUpResult
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.probe import followups
from wizard.probe.followups.followup import FollowUp, probe_first_event
from wizard.probe.probe import run_probe
from wizard.probe.request import ProbeOptions, RequestBudget, TooManyRequestsError
from wizard.text.bugs import STRICT

STREAM = saying(CHUNKED, chunk(b"data: 1\n\n"), chunk(b""))


async def test_a_request_beyond_the_budget_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STRICT)
    options = ProbeOptions(budget=RequestBudget(1))

    async with serving(STREAM) as url:
        first = await probe_first_event(Probe("follow-up-proxy", url), options, 5.0)
        second = await probe_first_event(Probe("follow-up-proxy", url), options, 5.0)

    assert (first.status, second.status) == (200, None)
    assert second.ended == "bug"
    assert "more than 1 requests" in second.detail


async def test_in_tests_it_is_an_error() -> None:
    options = ProbeOptions(budget=RequestBudget(0))

    with pytest.raises(TooManyRequestsError):
        async with aclosing(
            run_probe(Probe("root-proxy", "http://127.0.0.1:9/"), options)
        ) as events:
            await anext(events)


async def test_a_follow_up_that_could_exceed_the_total_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
        assert options.budget
        options.budget.take()
        return (FollowUpResult("any", Timeline(Probe("follow-up-proxy", "http://h/")), "why"),)

    def follow_up(purpose: str, most: int) -> FollowUp:
        return FollowUp(purpose, "", "", most, lambda case: True, send)

    calls = (follow_up("first", 1), follow_up("large", followups.MAX_REQUESTS), follow_up("b", 1))
    monkeypatch.setattr(followups, "FOLLOW_UPS", calls)

    results = await followups.run_follow_ups(make_case(proxy="live", direct="live"), ProbeOptions())

    assert len(results) == 2

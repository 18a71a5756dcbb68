"""All follow-ups together: their purposes, and cases that need none."""

import pytest

from tests.rules.samples.build import PROXY_URL, make_case
from wizard.model.case import Case
from wizard.model.target import Target
from wizard.probe.followups import FOLLOW_UPS, run_follow_ups
from wizard.probe.request import ProbeOptions


def test_each_has_its_own_purpose() -> None:
    assert len({follow_up.purpose for follow_up in FOLLOW_UPS}) == len(FOLLOW_UPS)


@pytest.mark.parametrize(
    "case",
    [
        make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"}),
        make_case(proxy="live", direct="live", settings={"proxy_buffering": "off"}),
        make_case(proxy="404", direct="live", conf="server { location / { root /srv; } }"),
        make_case(proxy="502", direct="502", settings={"proxy_buffering": "off"}),
        Case(Target(PROXY_URL)),
    ],
    ids=["held", "live", "not-found", "bad-gateway", "empty"],
)
async def test_a_clear_case_needs_none(case: Case) -> None:
    assert [follow_up.purpose for follow_up in FOLLOW_UPS if follow_up.is_needed(case)] == []
    assert await run_follow_ups(case, ProbeOptions()) == ()

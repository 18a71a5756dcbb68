"""Facts about events whose end Nginx would keep back."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.facts.tails import largest_event, tail_from, tail_risk
from wizard.model.case import Case
from wizard.model.probe import Probe
from wizard.model.timeline import Arrival, Timeline

CONF = (
    "server {{ listen 8081; location / {{ {} proxy_http_version 1.1; "
    "proxy_pass http://127.0.0.1:12213; }} }}"
)


def timeline(*arrivals: Arrival) -> Timeline:
    items = sum(arrival.items for arrival in arrivals)
    size = sum(arrival.size for arrival in arrivals)
    return Timeline(
        Probe("sse-proxy", "http://x/sse"),
        arrivals=arrivals,
        events=items,
        bytes=size,
        decoded=size,
    )


def case_with(directives: str, *arrivals: Arrival, proxy: str = "live") -> Case:
    """A case whose proxied probes got these arrivals."""
    case = make_case(proxy=proxy, direct="live", conf=CONF.format(directives))
    seen = timeline(*arrivals)
    results = tuple(
        replace(
            result,
            timeline=replace(result.timeline, arrivals=arrivals, events=seen.events, comments=0),
        )
        for result in case.proxy
    )
    return replace(case, proxy=results)


@pytest.mark.parametrize(
    ("arrivals", "largest"),
    [
        ((), 0),
        ((Arrival(0.1, 90, 1),), 90),
        ((Arrival(0.1, 90, 1), Arrival(0.2, 300, 1), Arrival(0.3, 50, 1)), 300),
        # Of two at once, the average.
        ((Arrival(0.1, 101, 2),), 51),
        # One event in two parts, and an event that has begun.
        ((Arrival(0.1, 4000, 0, 4000), Arrival(0.2, 3000, 1)), 7000),
        ((Arrival(0.1, 90, 1), Arrival(0.2, 4000, 0, 4000)), 90),
        ((Arrival(0.1, 1000, 1, 910),), 90),
    ],
)
def test_the_largest_event_that_came_whole(arrivals: tuple[Arrival, ...], largest: int) -> None:
    assert largest_event(timeline(*arrivals)) == largest


def test_only_small_events_were_seen() -> None:
    one = case_with("", Arrival(0.1, 90, 1))
    assert tail_risk(one) == (
        "one event of 90 bytes was seen; one of 4,090 bytes or more would arrive without its end"
    )
    several = case_with("proxy_buffer_size 8k;", Arrival(0.1, 90, 1), Arrival(0.2, 300, 1))
    assert tail_risk(several) == (
        "2 events of up to 300 bytes were seen; one of 8,185 bytes or more would arrive without "
        "its end"
    )


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (case_with("proxy_buffering off;", Arrival(0.1, 90, 1)), "buffering is off"),
        (case_with("", Arrival(0.1, 5000, 1)), "a large event came whole"),
        (case_with("", Arrival(0.1, 90, 1), proxy="held"), "it is held anyway"),
        (case_with("coraza on;", Arrival(0.1, 90, 1)), "the prediction is undecided"),
        (make_case(proxy="live", direct="live", direct_headers={"x-accel-buffering": "no"},
                   conf=CONF.format("")), "the backend's header switches buffering off"),
    ],
)  # fmt: skip
def test_no_risk(case: Case, why: str) -> None:
    assert tail_risk(case) == "", why


def test_a_backend_that_is_asked_with_http_1_0_may_send_chunks() -> None:
    conf = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } }"
    case = make_case(proxy="live", direct="live", conf=conf)
    assert {tail_from(case, result) for result in case.proxy} == {4090}

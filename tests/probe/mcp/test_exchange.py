"""A handshake is bounded: each exchange, and all of them."""

from wizard.probe.mcp.exchange import (
    HANDSHAKE_TIMEOUT_S,
    MIN_EXCHANGE_TIMEOUT_S,
    Timeouts,
    handshake_timeouts,
)
from wizard.probe.request import ProbeOptions


class Clock:
    """A clock that stands where it is put."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def at(seconds: float, each: float = 5.0, *, post_s: float = 0.0, stall: float = 10.0) -> Timeouts:
    """The pace of a handshake so many seconds after its begin."""
    clock = Clock()
    made = handshake_timeouts(ProbeOptions(clock=clock, connect_timeout=stall), each, post_s=post_s)
    clock.now += seconds
    return made


def test_each_exchange_has_its_time_until_all_is_over() -> None:
    assert at(0).next_s() == 5.0
    assert at(HANDSHAKE_TIMEOUT_S - 1).next_s() == 1.0
    assert at(HANDSHAKE_TIMEOUT_S + 60).next_s() == MIN_EXCHANGE_TIMEOUT_S


def test_who_will_not_wait_long_does_not_wait_here() -> None:
    assert at(0, stall=2.0).next_s() == 2.0


def test_the_post_may_take_as_long_as_a_timeout_on_its_way() -> None:
    assert at(0, post_s=30.0).next_post_s() == 30.0
    assert at(0).next_post_s() == 5.0
    assert at(30, post_s=30.0).next_s() == MIN_EXCHANGE_TIMEOUT_S

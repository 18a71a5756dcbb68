"""The timeouts of a handshake: of each exchange, and of all of them."""

from wizard.probe.mcp.exchange import (
    HANDSHAKE_TIMEOUT_S,
    MIN_EXCHANGE_TIMEOUT_S,
    Timeouts,
    handshake_timeouts,
)
from wizard.probe.request import ProbeOptions


class Clock:
    """A clock that does not move by itself."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def at(
    seconds: float, exchange_s: float = 5.0, *, post_s: float = 0.0, stall: float = 10.0
) -> Timeouts:
    """The timeouts of a handshake, this many seconds after its start."""
    clock = Clock()
    timeouts = handshake_timeouts(
        ProbeOptions(clock=clock, connect_timeout=stall), exchange_s, post_s=post_s
    )
    clock.now += seconds
    return timeouts


def test_an_exchange_is_limited_by_the_end_of_the_handshake() -> None:
    assert at(0).next_s() == 5.0
    assert at(HANDSHAKE_TIMEOUT_S - 1).next_s() == 1.0
    assert at(HANDSHAKE_TIMEOUT_S + 60).next_s() == MIN_EXCHANGE_TIMEOUT_S


def test_the_connect_timeout_limits_an_exchange() -> None:
    assert at(0, stall=2.0).next_s() == 2.0


def test_the_post_may_take_longer() -> None:
    assert at(0, post_s=30.0).next_post_s() == 30.0
    assert at(0).next_post_s() == 5.0
    assert at(30, post_s=30.0).next_s() == MIN_EXCHANGE_TIMEOUT_S

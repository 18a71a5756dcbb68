"""Samples of dead-peer-replay."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_follow_up
from wizard.model.case import Case


def _case(again: int) -> Case:
    case = make_case(
        proxy="live",
        proxy_gzip="held",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_connect_timeout": "60s"},
        peers=("127.0.0.1:12213", "127.0.0.1:12214"),
    )
    return replace(case, follow_ups=(make_follow_up("again", again, side="proxy"),))


def fires() -> Case:
    """One of two probes was held, and the same request is live when repeated."""
    return _case(200)


def silent() -> Case:
    """Held again when repeated: not by chance."""
    return _case(0)

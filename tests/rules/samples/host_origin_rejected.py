"""Samples of host-origin-rejected."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_follow_up, with_answer
from wizard.diagnose.rules.host_origin_rejected import PUBLIC_HOST
from wizard.model.case import Case


def fires() -> Case:
    """The Python SDK behind `proxy_set_header Host $host`."""
    case = make_case(proxy="421", direct="live", settings={"proxy_buffering": "off"})
    case = with_answer(case, body="Invalid Host header")
    return replace(case, follow_ups=(make_follow_up(PUBLIC_HOST, 421, body="Invalid Host header"),))


def silent() -> Case:
    """The backend accepts that name: something else refuses."""
    case = make_case(proxy="403", direct="live", settings={"proxy_buffering": "off"})
    return replace(case, follow_ups=(make_follow_up(PUBLIC_HOST, 200),))

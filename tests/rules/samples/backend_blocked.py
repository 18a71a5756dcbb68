"""Samples of backend-blocked."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_follow_up
from wizard.model.case import Case


def _case(second: int) -> Case:
    case = make_case(
        proxy="held",
        direct="live",
        direct_gzip="held",
        settings={"proxy_buffering": "off"},
    )
    pair = (
        make_follow_up("first-of-two", 200),
        make_follow_up("second-of-two", second),
    )
    return replace(case, follow_ups=pair)


def fires() -> Case:
    """The second stream waits for the first."""
    return _case(0)


def silent() -> Case:
    """Both are live: the other stream was held for another reason."""
    return _case(200)

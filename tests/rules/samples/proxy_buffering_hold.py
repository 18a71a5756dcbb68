"""Samples of proxy-buffering-hold."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """The stream is held with buffering on, and live directly."""
    return make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})


def silent() -> Case:
    """Buffering is on, but the backend itself is silent."""
    return make_case(proxy="held", direct="held", settings={"proxy_buffering": "on"})

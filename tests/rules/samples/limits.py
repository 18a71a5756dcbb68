"""Samples of limits."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """The first of two streams is live, the second gets 503."""
    return make_case(
        proxy="live",
        proxy_gzip="503",
        direct="live",
        settings={"proxy_buffering": "off", "limit_conn": "one 1"},
    )


def silent() -> Case:
    """503 in front of a live backend, and no limit in the config."""
    return make_case(proxy="503", direct="live", settings={"proxy_buffering": "off"})

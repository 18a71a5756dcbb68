"""Samples of backend-silent."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """Nothing arrives, with or without the proxy."""
    return make_case(proxy="held", direct="held", settings={"proxy_buffering": "on"})


def silent() -> Case:
    """The direct probe is live."""
    return make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})

"""Samples of backend-cuts."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

_OFF = {"proxy_buffering": "off"}


def fires() -> Case:
    """Both are broken off at the same age."""
    return make_case(proxy="cut:30", direct="cut:30", settings=_OFF)


def silent() -> Case:
    """The direct one is open at that age."""
    return make_case(proxy="cut:30", direct="live:40", settings=_OFF)

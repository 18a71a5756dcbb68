"""Samples of upstream-unreachable."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """502, and the config names another port than the one that answers."""
    return make_case(
        proxy="502", direct="live", peers=("127.0.0.1:1",), settings={"proxy_buffering": "on"}
    )


def silent() -> Case:
    """502, though the address in the config answers: something else is wrong."""
    return make_case(proxy="502", direct="live", settings={"proxy_buffering": "on"})

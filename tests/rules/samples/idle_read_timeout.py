"""Samples of idle-read-timeout."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case


def fires() -> Case:
    """Cut one second after the last byte, and proxy_read_timeout is 1 s."""
    return make_case(
        proxy="cut", direct="live", settings={"proxy_buffering": "off", "proxy_read_timeout": "1s"}
    )


def silent() -> Case:
    """A cut that no timeout of this Nginx explains."""
    return make_case(
        proxy="cut",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "3600s"},
    )

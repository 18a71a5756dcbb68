"""Samples of outer-proxy-buffers."""

from tests.rules.samples.build import make_case, make_passed_line
from wizard.model.case import Case


def fires() -> Case:
    """Held; this Nginx has buffering off and logged 200 with bytes for that probe."""
    return make_case(
        proxy="held",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
        logs=(make_passed_line(),),
    )


def silent() -> Case:
    """This Nginx holds the stream."""
    return make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})

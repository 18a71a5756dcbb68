"""Samples of outer-proxy-buffers."""

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case


def fires() -> Case:
    """Held; this Nginx has buffering off and logged 200 with bytes for that probe."""
    access = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 200 80 "-" "ssewizard"'
    return make_case(
        proxy="held",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
        logs=(make_log_line(access, client="sse-proxy h1 identity"),),
    )


def silent() -> Case:
    """This Nginx holds the stream."""
    return make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})

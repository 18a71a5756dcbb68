"""Samples of outer-timeout."""

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case


def fires() -> Case:
    """Cut 60 s after the last byte; this Nginx allows an hour and logged 200."""
    access = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 200 80 "-" "ssewizard"'
    return make_case(
        proxy="cut:60",
        direct="live:70",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
        logs=(make_log_line(access, client="sse-proxy h1 identity"),),
    )


def silent() -> Case:
    """The same cut, and it is this Nginx's own timeout."""
    return make_case(
        proxy="cut:60",
        direct="live:70",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "60s"},
    )

"""Samples of outer-timeout."""

from tests.rules.samples.build import make_case, make_passed_line
from wizard.model.case import Case


def fires() -> Case:
    """Cut 60 s after the last byte; this Nginx allows an hour and logged 200."""
    return make_case(
        proxy="cut:60",
        direct="live:70",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
        logs=(make_passed_line(),),
    )


def silent() -> Case:
    """The same cut, and it is this Nginx's own timeout."""
    return make_case(
        proxy="cut:60",
        direct="live:70",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "60s"},
    )

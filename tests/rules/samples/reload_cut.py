"""Samples of reload-cut."""

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case


def fires() -> Case:
    """Cut after one second, while the error log reports that an old worker shuts down."""
    notice = "2026/11/23 16:00:00 [notice] 71#71: gracefully shutting down"
    return make_case(
        proxy="cut:1", direct="live", conf=_CONF, logs=(make_log_line(notice, ours=False),)
    )


def silent() -> Case:
    """The same cut, and old workers have no time limit."""
    notice = "2026/11/23 16:00:00 [notice] 71#71: gracefully shutting down"
    return make_case(
        proxy="cut:1",
        direct="live",
        conf=_CONF.partition(";")[2],
        logs=(make_log_line(notice, ours=False),),
    )


_CONF = """worker_shutdown_timeout 1s;
http { server { listen 8081; location / {
    proxy_pass http://127.0.0.1:12213; proxy_buffering off; proxy_read_timeout 1h;
} } }"""

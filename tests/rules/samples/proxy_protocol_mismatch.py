"""Samples of proxy-protocol-mismatch."""

from tests.rules.samples.build import make_case
from wizard.model.case import Case

_CONF = """
http { server {
    listen 8081%s;
    location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; }
} }
"""


def fires() -> Case:
    """Dropped without an answer where the listener expects a PROXY protocol header."""
    return make_case(proxy="closed", direct="live", conf=_CONF % " proxy_protocol")


def silent() -> Case:
    """Dropped without an answer by a listener that expects none."""
    return make_case(proxy="closed", direct="live", conf=_CONF % "")

"""Samples of header-timeout-504."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_CONF = """
server {
    listen 8081;
    location / {
        proxy_pass http://127.0.0.1:12213;
        proxy_buffering off;
        proxy_read_timeout 2s;
    }
}
"""


def fires() -> Case:
    """Nginx waits for 2 s, the backend needs 3."""
    return make_post_case(_CONF, 504, took=2.003, direct_took=3.0)


def silent() -> Case:
    """A 504 at once, which this timeout cannot cause."""
    return make_post_case(_CONF, 504, took=0.01, direct_took=0.01)

"""Samples of upgrade-hardcoded."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_CONF = """
server {
    listen 8081;
    location / {
        proxy_pass http://127.0.0.1:12213;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_buffering off;
    }
}
"""


def fires() -> Case:
    """The header is sent with all requests, and only the POST is refused."""
    return make_post_case(_CONF, 400, body="Bad Request")


def silent() -> Case:
    """A map decides, so a POST does not ask for an upgrade."""
    return make_post_case(
        _CONF.replace('"upgrade"', "$connection_upgrade"), 400, body="Bad Request"
    )

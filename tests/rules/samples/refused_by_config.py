"""Samples of refused-by-config."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_CONF = """
server {
    listen 8081;
    if ($request_method !~ ^(GET|HEAD)$) { return 405; }
    location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; }
}
"""


def fires() -> Case:
    """The server refuses all methods but two; its location would pass the message on."""
    return make_post_case(_CONF, 405)


def silent() -> Case:
    """The backend refuses the message, and the config lets it pass."""
    return make_post_case(_CONF.replace("GET|HEAD", "GET|HEAD|POST"), 405)

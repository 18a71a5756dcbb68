"""Samples of body-too-large."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_CONF = """
server {
    listen 8081;
    client_max_body_size 64;
    location / {
        proxy_pass http://127.0.0.1:12213;
        proxy_buffering off;
    }
}
"""


def fires() -> Case:
    """64 bytes are allowed, the message has 170."""
    return make_post_case(_CONF, 413)


def silent() -> Case:
    """The limit of this Nginx is larger: another proxy or the backend refuses the POST."""
    return make_post_case(_CONF.replace("64;", "16m;"), 413)

"""Samples of query-dropped."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_CONF = """
server {
    listen 8081;
    location / {
        proxy_pass http://127.0.0.1:12213;
        proxy_buffering off;
    }
    location ~ ^/message {
        set $backend 127.0.0.1:12213;
        proxy_pass http://$backend$uri;
    }
}
"""


def fires() -> Case:
    """The path is passed as `$uri`, which has no query."""
    return make_post_case(_CONF, 400, body="sessionId is missing")


def silent() -> Case:
    """The query is appended, and the backend refuses the message for another reason."""
    return make_post_case(
        _CONF.replace("$uri", "$uri$is_args$args"), 400, body="sessionId is missing"
    )

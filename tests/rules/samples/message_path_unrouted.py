"""Samples of message-path-unrouted."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_CONF = """
server {
    listen 8081;
    root /var/www;
    location /sse {
        proxy_pass http://127.0.0.1:12213;
        proxy_buffering off;
    }
    location / { try_files $uri $uri/ =404; }
}
"""


def fires() -> Case:
    """Only /sse is passed on; the POST goes to static files."""
    return make_post_case(_CONF, 405)


def silent() -> Case:
    """The backend does not know the session, but the path leads to it."""
    routed = "location /message { proxy_pass http://localhost:12213; }"
    return make_post_case(_CONF.replace("listen 8081;", f"listen 8081; {routed}"), 404)

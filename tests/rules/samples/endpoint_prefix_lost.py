"""Samples of endpoint-prefix-lost."""

from tests.rules.samples.build import make_post_case
from wizard.model.case import Case

_URL = "http://127.0.0.1:8081/mcp/sse"
_CONF = """
server {
    listen 8081;
    location /mcp/ {
        proxy_pass http://127.0.0.1:12213/;
        proxy_buffering off;
    }
}
"""


def fires() -> Case:
    """`/mcp/sse` is passed as `/sse`; the endpoint is `/message`, which no location serves."""
    return make_post_case(_CONF, 404, url=_URL)


def silent() -> Case:
    """The same 404, but `/message` is routed to the backend: something else is wrong."""
    routed = "location /message { proxy_pass http://127.0.0.1:12213; }"
    conf = _CONF.replace("listen 8081;", f"listen 8081; {routed}")
    return make_post_case(conf, 404, url=_URL)

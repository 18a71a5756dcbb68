"""Samples of endpoint-prefix-lost."""

from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case

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
    return _sample(_CONF)


def silent() -> Case:
    """The same 404, but `/message` is routed to the backend: something else is wrong."""
    routed = "location /message { proxy_pass http://127.0.0.1:12213; }"
    return _sample(_CONF.replace("listen 8081;", f"listen 8081; {routed}"))


def _sample(conf: str) -> Case:
    url = "http://127.0.0.1:8081/mcp/sse"
    return make_case(
        proxy="live",
        direct="live",
        url=url,
        conf=conf,
        handshakes=(
            make_handshake("proxy", url=url, stage="initialize", status=404),
            make_handshake("direct"),
        ),
    )

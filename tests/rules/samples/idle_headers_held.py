"""Samples of idle-headers-held."""

from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case


def fires() -> Case:
    """Direct requests get headers; through Nginx, which buffers, none arrive."""
    return _case("")


def silent() -> Case:
    """Buffering is off in the config: this Nginx does not hold the headers."""
    return _case("proxy_buffering off;")


def _case(more: str) -> Case:
    passing = f"proxy_pass http://127.0.0.1:12213; proxy_http_version 1.1; {more}"
    conf = f"server {{ listen 8081; location / {{ {passing} }} }}"
    handshakes = (
        make_handshake("proxy", transport="streamable-http", status=200),
        make_handshake("direct", transport="streamable-http", status=200),
    )
    return make_case(proxy="held", direct="silent", conf=conf, handshakes=handshakes)

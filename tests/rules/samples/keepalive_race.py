"""Samples of keepalive-race."""

from tests.rules.history import error_line, ingress_line, with_history
from tests.rules.samples.build import make_case, make_handshake
from wizard.model.case import Case

CONF = """
http { upstream bot { server 127.0.0.1:12213; keepalive 8; }
server { listen 8081; location / { proxy_pass http://bot; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 1h; } } }
"""
CLOSED = error_line(
    "upstream prematurely closed connection while reading response header from upstream"
)


def fires() -> Case:
    """A POST of another client failed at once on a kept connection, and ours are served."""
    return served(CONF, CLOSED, ingress_line(502, 0.001))


def silent() -> Case:
    """It failed after half a minute: the backend did."""
    return served(CONF, CLOSED, ingress_line(502, 30.0))


def served(conf: str, *lines: str, version: str = "1.22.1") -> Case:
    """A case in which all that we asked is well, with these older lines in a log."""
    handshakes = (make_handshake("proxy"), make_handshake("direct"))
    case = make_case(proxy="live", direct="live", conf=conf, handshakes=handshakes, version=version)
    return with_history(case, *lines)

"""Samples of header-timeout-504."""

from tests.rules.samples.build import make_case, make_handshake
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
    return _sample(2.003, 3.0)


def silent() -> Case:
    """A 504 at once, which this timeout cannot cause."""
    return _sample(0.01, 0.01)


def _sample(proxied: float, direct: float) -> Case:
    return make_case(
        proxy="live",
        direct="live",
        conf=_CONF,
        handshakes=(
            make_handshake("proxy", stage="initialize", status=504, took=proxied),
            make_handshake("direct", took=direct),
        ),
    )

"""Samples of tls-upstream-mismatch."""

from tests.rules.samples.build import make_case, make_log_line
from wizard.model.case import Case


def fires() -> Case:
    """502, and the error log reports a failed handshake."""
    error = (
        "2026/11/23 16:00:00 [error] 71#71: *1 SSL_do_handshake() failed (SSL: error:14094410:SSL "
        "routines:ssl3_read_bytes:sslv3 alert handshake failure) while SSL handshaking to upstream,"
        ' client: 127.0.0.1, server: , request: "GET /sse HTTP/1.1"'
    )
    return make_case(proxy="502", direct="live", conf=_CONF, logs=(make_log_line(error),))


def silent() -> Case:
    """502 with TLS to the backend, but Nginx could not even connect."""
    error = (
        "2026/11/23 16:00:00 [error] 71#71: *1 connect() failed (111: Connection refused) while "
        'connecting to upstream, client: 127.0.0.1, server: , request: "GET /sse HTTP/1.1"'
    )
    return make_case(proxy="502", direct="live", conf=_CONF, logs=(make_log_line(error),))


_CONF = "server { listen 8081; location / { proxy_pass https://bot.internal:12213; } }"

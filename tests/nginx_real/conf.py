"""The nginx.conf that holds the cells."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import parse_version
from tests.nginx_real import cells
from wizard.lab.scenario import CONF_FRAME

HTTP2_DIRECTIVE = (1, 25, 1)
"""From here on `http2 on;`; before it only a word of `listen`."""

_FORM = (
    "log_format cell '$uri|$http_user_agent|$status|$body_bytes_sent|$upstream_status|"
    "$upstream_header_time';\naccess_log cells.log cell;\n"
)


def model_conf(version: str, ports: Mapping[str, int], folder: Path) -> str:
    """One nginx.conf with all locations behind a plain, a TLS and an h2c port."""
    modern = parse_version(version) >= HTTP2_DIRECTIVE
    word = "" if modern else " http2"
    locations = dict.fromkeys(cell.location for cell in (*cells.RESULTS, *cells.TIMED))
    server = [
        "http2 on;" if modern else "",
        "listen $h1;",
        f"listen $tls ssl{word};",
        f"listen $h2c{word};",
        f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;",
        *(location.text() for location in locations),
    ]
    return _framed(_FORM, "\n".join(server), {**ports, "self": ports["h1"]})


def levels_conf(ports: Mapping[str, int]) -> str:
    """One nginx.conf with buffering off at the http level, and on again in one of two servers."""
    inherits, on, off = (location.text() for location in cells.LEVELS)
    http = f"{_FORM}{cells.OFF}\nserver {{ listen $h1; {inherits} }}\n"
    server = f"listen $other; proxy_buffering on; {on} {off}"
    return _framed(http, server, ports)


def _framed(http: str, server: str, ports: Mapping[str, int]) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""
    text = CONF_FRAME.format(user=user, http=http, server=server)
    text = text.replace("worker_connections 256", "worker_connections 1024")
    return re.sub(r"\$([a-z0-9-]+)\b", lambda found: _address(found, ports), text)


def _address(found: re.Match[str], ports: Mapping[str, int]) -> str:
    """A port's place holder filled in; Nginx's own variables stay."""
    return f"127.0.0.1:{ports[found[1]]}" if found[1] in ports else found[0]

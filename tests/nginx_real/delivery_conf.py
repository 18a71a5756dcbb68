"""The nginx.conf with the locations of the delivery rows."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.conftest import parse_version
from tests.nginx_real import delivery_rows
from tests.nginx_real.delivery_rows import Location
from wizard.lab.scenario import CONF_FRAME

HTTP2_DIRECTIVE = (1, 25, 1)
"""The version since which the directive `http2 on` exists; before, it is a flag of `listen`."""

_LOG_FORMAT = (
    "log_format rows '$uri|$http_user_agent|$status|$body_bytes_sent|$upstream_status|"
    "$upstream_header_time';\naccess_log rows.log rows;\n"
)


def model_conf(version: str, ports: Mapping[str, int], folder: Path) -> str:
    """One nginx.conf with all locations of the delivery rows."""
    rows = (*delivery_rows.ALL_ROWS, *delivery_rows.TIMEOUT_ROWS)
    locations = dict.fromkeys(row.location for row in rows)
    return server_conf(version, {**ports, "self": ports["h1"]}, folder, locations, _LOG_FORMAT)


def server_conf(
    version: str,
    ports: Mapping[str, int],
    folder: Path,
    locations: Iterable[Location],
    http: str = "",
) -> str:
    """One nginx.conf with these locations behind a plain, a TLS and an h2c port."""
    has_directive = parse_version(version) >= HTTP2_DIRECTIVE
    flag = "" if has_directive else " http2"
    server = [
        "http2 on;" if has_directive else "",
        "listen $h1;",
        f"listen $tls ssl{flag};",
        f"listen $h2c{flag};",
        f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;",
        *(location.text() for location in locations),
    ]
    return _framed(http, "\n".join(server), ports)


def levels_conf(ports: Mapping[str, int]) -> str:
    """One nginx.conf with buffering off at the http level, and on in one of two servers."""
    inherits, on, off = (location.text() for location in delivery_rows.LEVELS)
    http = f"{_LOG_FORMAT}{delivery_rows.OFF}\nserver {{ listen $h1; {inherits} }}\n"
    server = f"listen $other; proxy_buffering on; {on} {off}"
    return _framed(http, server, ports)


def _framed(http: str, server: str, ports: Mapping[str, int]) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""
    text = CONF_FRAME.format(user=user, http=http, server=server)
    text = text.replace("worker_connections 256", "worker_connections 1024")
    return re.sub(r"\$([a-z0-9-]+)\b", lambda match: _address(match, ports), text)


def _address(match: re.Match[str], ports: Mapping[str, int]) -> str:
    """The address of a port's placeholder; Nginx's own variables stay."""
    return f"127.0.0.1:{ports[match[1]]}" if match[1] in ports else match[0]

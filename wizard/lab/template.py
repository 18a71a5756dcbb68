"""A scenario's nginx.conf: the scenario's server in the frame that an unprivileged Nginx needs."""

import os
from pathlib import Path

from wizard.lab.scenario import Scenario

FRAME = """\
{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{
    worker_connections 256;
}}
http {{
    access_log access.log combined;
    client_body_temp_path temp_body;
    proxy_temp_path temp_proxy;
    fastcgi_temp_path temp_fastcgi;
    uwsgi_temp_path temp_uwsgi;
    scgi_temp_path temp_scgi;
{http}    server {{
{server}
    }}
}}
"""


def render(
    scenario: Scenario,
    listen: int,
    backend: int,
    closed: int,
    certificate: tuple[Path, Path] | None = None,
    *,
    second: int = 0,
    stuck: int = 0,
) -> str:
    """The whole config for these ports."""
    filled = {
        "$LISTEN": f"127.0.0.1:{listen}",
        "$BACKEND": f"127.0.0.1:{backend}",
        "$CLOSED": f"127.0.0.1:{closed}",
        "$SECOND": f"127.0.0.1:{second}",
        "$STUCK": f"127.0.0.1:{stuck}",
        "$CERT": str(certificate[0]) if certificate else "",
        "$KEY": str(certificate[1]) if certificate else "",
    }
    # As root the worker would be nobody, who may not write into our directory.
    user = "user root;\n" if os.geteuid() == 0 else ""
    text = FRAME.format(
        user=user,
        http=_indented(scenario.http, 4),
        server=_indented(scenario.server, 8).rstrip("\n"),
    )
    for name, value in filled.items():
        text = text.replace(name, value)
    return text


def _indented(text: str, width: int) -> str:
    return "".join(f"{' ' * width}{line}\n" if line.strip() else "\n" for line in text.splitlines())

"""A real Nginx with a server block of the test."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wizard.lab.nginx_process import Nginx
from wizard.lab.scenario import CONF_FRAME


@asynccontextmanager
async def running_nginx(
    binary: str, folder: Path, port: int, directives: str, http: str = "", main: str = ""
) -> AsyncIterator[Path]:
    """Run Nginx on this port with these directives in its server block, those at the http level,
    and those outside of it; yield its config."""
    user = main + ("user root;\n" if os.geteuid() == 0 else "")
    conf = folder / "nginx.conf"
    server = f"listen 127.0.0.1:{port}; {directives}"
    conf.write_text(CONF_FRAME.format(user=user, http=http, server=server), "utf-8")
    nginx = Nginx(binary, conf, [port])
    await nginx.start()
    try:
        yield conf
    finally:
        nginx.stop()

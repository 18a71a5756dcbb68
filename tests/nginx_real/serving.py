"""A real Nginx over one server block written in the test."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wizard.lab.nginx import Nginx
from wizard.lab.scenario import CONF_FRAME


@asynccontextmanager
async def serving(binary: str, folder: Path, port: int, lines: str) -> AsyncIterator[Path]:
    """Nginx on that port with these lines in its server block; the config in force."""
    user = "user root;\n" if os.geteuid() == 0 else ""
    conf = folder / "nginx.conf"
    server = f"listen 127.0.0.1:{port}; {lines}"
    conf.write_text(CONF_FRAME.format(user=user, http="", server=server), "utf-8")
    nginx = Nginx(binary, conf, [port])
    await nginx.start()
    try:
        yield conf
    finally:
        nginx.stop()

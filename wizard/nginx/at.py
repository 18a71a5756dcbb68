"""The config that a place names, here or at a vantage."""

import asyncio
from functools import partial

from wizard.nginx.local import dump_local
from wizard.nginx.remote_dump import dump_there
from wizard.nginx.remote_files import read_there
from wizard.nginx.source import read
from wizard.nginx.tree import Config
from wizard.vantage.outpost import Outpost


async def config_at(what: str, outpost: Outpost | None = None) -> Config:
    """The config that `what` names here or at a vantage; an empty one is `nginx -T` there.

    Raises:
        ConfigError: It cannot be read or parsed.
        VantageError: The place cannot be reached, has no shell, or was lost.
    """
    if outpost is None:
        local = dump_local if not what else partial(read, what)
        return await asyncio.to_thread(local)
    return await (read_there(outpost, what) if what else dump_there(outpost))

"""The config that a place names, here or at a vantage."""

import asyncio
from functools import partial

from wizard.model.config import Config
from wizard.nginx.fetch.local import dump_local
from wizard.nginx.fetch.remote_dump import dump_remote
from wizard.nginx.fetch.remote_files import read_remote
from wizard.nginx.load import read_config
from wizard.text.errors import ConfigError
from wizard.vantage.session import VantageSession


async def fetch_config(
    what: str, vantage_session: VantageSession | None = None, *, port: int | None = None
) -> Config:
    """The config that `what` names here or at a vantage; an empty one is `nginx -T` there.

    Args:
        port: Of several Nginx that run there, the one that listens on it is asked.

    Raises:
        ConfigError: It cannot be read or parsed.
        VantageError: The place cannot be reached, has no shell, or was lost.
    """
    if vantage_session is None:
        local = dump_local if not what else partial(read_config, what)
        return await asyncio.to_thread(local)
    try:
        return await (
            read_remote(vantage_session, what) if what else dump_remote(vantage_session, port)
        )
    except ConfigError as error:
        raise _at(vantage_session.vantage.name, error) from None


def _at(vantage: str, error: ConfigError) -> ConfigError:
    """The error with the place first: a path alone would be one of this machine."""
    if error.file.startswith(f"{vantage}: "):
        return error
    place = error.file if error.line is None else f"{error.file}:{error.line}"
    message = str(error).removeprefix(f"{place}: ")
    return ConfigError(message, f"{vantage}: {error.file}", error.line)

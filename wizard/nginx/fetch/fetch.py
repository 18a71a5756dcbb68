"""Fetch the config that a source names, from this machine or a vantage."""

from functools import partial

from wizard.model.config import Config
from wizard.nginx.fetch.aside import run_aside
from wizard.nginx.fetch.local import dump_local
from wizard.nginx.fetch.remote_dump import dump_remote
from wizard.nginx.fetch.remote_files import read_remote
from wizard.nginx.load import read_config
from wizard.text.errors import ConfigError
from wizard.vantage.session import VantageSession


async def fetch_config(
    path: str, session: VantageSession | None = None, *, port: int | None = None
) -> Config:
    """The config of a file, or the output of `nginx -T` if the path is empty.

    Args:
        session: The vantage to read from; None is this machine.
        port: The requested Nginx's port, to choose among several that run at the vantage.

    Raises:
        ConfigError: The config cannot be read or parsed.
        VantageError: The vantage cannot be reached, has no shell, or was lost.
    """
    if session is None:
        return await (run_aside(partial(read_config, path)) if path else dump_local())
    try:
        return await (read_remote(session, path) if path else dump_remote(session, port))
    except ConfigError as error:
        raise _with_vantage(error, session.vantage.name) from None


def _with_vantage(error: ConfigError, vantage: str) -> ConfigError:
    """The error with the vantage before the file, which could else be one of this machine."""
    if error.file.startswith(f"{vantage}: "):
        return error
    where = error.file if error.line is None else f"{error.file}:{error.line}"
    message = str(error).removeprefix(f"{where}: ")
    return ConfigError(message, f"{vantage}: {error.file}", error.line)

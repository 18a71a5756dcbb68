"""The output of `nginx -T` on this machine."""

import os
import shutil
from functools import partial

from wizard.model.config import Config
from wizard.nginx.fetch.aside import run_aside
from wizard.nginx.load import config_from_text
from wizard.nginx.store import MAX_FILE_BYTES, decode_config
from wizard.text.display import safe
from wizard.text.errors import ConfigError, VantageError
from wizard.text.messages import tr
from wizard.vantage.process import CommandResult, run_command

_NAME = "nginx -T"

USUAL_PATHS = (
    "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx",
    "/usr/local/openresty/nginx/sbin/nginx", "/opt/homebrew/bin/nginx",
)  # fmt: skip
DUMP_TIMEOUT_S = 15.0
"""The time limit of `nginx -T` in seconds; it resolves the names of upstreams."""


def find_nginx() -> str | None:
    """The path of the Nginx program, from PATH or a usual directory; None if there is none."""
    usual = (path for path in USUAL_PATHS if os.access(path, os.X_OK))
    return shutil.which("nginx") or next(usual, None)


async def dump_local(timeout_s: float = DUMP_TIMEOUT_S) -> Config:
    """The config that `nginx -T` prints, with the version that `nginx -v` prints.

    Raises `ConfigError` if there is no Nginx, or with its error message if it fails.
    """
    binary = find_nginx()
    if binary is None:
        raise ConfigError(tr("no nginx was found on this machine"), _NAME)
    dump = await _run([binary, "-T"], timeout_s, MAX_FILE_BYTES)
    if dump.truncated:
        raise ConfigError(
            tr("prints more than {max_file_bytes} MiB", max_file_bytes=MAX_FILE_BYTES >> 20), _NAME
        )
    if dump.code != 0:
        raise ConfigError(error_line(dump.stderr), _NAME)
    version = (await _run([binary, "-v"], timeout_s, 0)).stderr.partition("/")[2].split()
    text = decode_config(dump.stdout, _NAME)
    return await run_aside(partial(config_from_text, text, _NAME, version[0] if version else None))


async def _run(argv: list[str], timeout_s: float, limit: int) -> CommandResult:
    """Run a command without input. Raises `ConfigError` if it cannot be run or takes too long."""
    try:
        result = await run_command(argv, within=timeout_s, limit=limit, stdin=b"")
    except VantageError as error:
        raise ConfigError(str(error), " ".join(argv)) from None
    if result.timed_out:
        raise ConfigError(
            tr("no answer within {timeout_s:.0f} s", timeout_s=timeout_s), " ".join(argv)
        )
    return result


def error_line(stderr: str) -> str:
    """The line with the reason of a failure: Nginx's first `[emerg]` line, else the last line."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    reasons = [line for line in lines if "[emerg]" in line] or lines[-1:]
    return safe(reasons[0], 300) if reasons else tr("it failed without an error message")

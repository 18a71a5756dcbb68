"""The output of `nginx -T` on this machine."""

import os
import shutil
import subprocess

from wizard.model.config import Config
from wizard.nginx.load import config_from_text
from wizard.nginx.store import MAX_FILE_BYTES
from wizard.text.display import safe
from wizard.text.errors import ConfigError

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


def dump_local(timeout_s: float = DUMP_TIMEOUT_S) -> Config:
    """The config that `nginx -T` prints, with the version that `nginx -v` prints.

    Raises `ConfigError` if there is no Nginx, or with its error message if it fails.
    """
    binary = find_nginx()
    if binary is None:
        raise ConfigError("no nginx was found on this machine", "nginx -T")
    dump = _run([binary, "-T"], timeout_s)
    if dump.returncode != 0:
        raise ConfigError(error_line(dump.stderr.decode("utf-8", "replace")), "nginx -T")
    text = dump.stdout[:MAX_FILE_BYTES].decode("utf-8", "replace")
    version_line = _run([binary, "-v"], timeout_s).stderr.decode("utf-8", "replace")
    version = version_line.partition("/")[2].split()
    return config_from_text(text, "nginx -T", version[0] if version else None)


def _run(argv: list[str], timeout_s: float) -> subprocess.CompletedProcess[bytes]:
    """Run a command without input. Raises `ConfigError` if it cannot be run or takes too long."""
    try:
        return subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"no answer within {timeout_s:.0f} s", " ".join(argv)) from None
    except OSError as error:
        raise ConfigError(f"cannot be run: {error.strerror}", " ".join(argv)) from None


def error_line(stderr: str) -> str:
    """The line with the reason of a failure: Nginx's first `[emerg]` line, else the last line."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    reasons = [line for line in lines if "[emerg]" in line] or lines[-1:]
    return safe(reasons[0], 300) if reasons else "it failed without an error message"

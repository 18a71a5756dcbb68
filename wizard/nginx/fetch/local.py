"""The config of the Nginx on this machine, as it says itself: `nginx -T`."""

import os
import shutil
import subprocess

from wizard.model.config import Config
from wizard.nginx.load import config_from_text
from wizard.nginx.store import MAX_FILE_BYTES
from wizard.text.display import safe
from wizard.text.errors import ConfigError

USUAL_PATHS = (
    "/usr/sbin/nginx",
    "/usr/local/sbin/nginx",
    "/usr/local/nginx/sbin/nginx",
    "/usr/local/openresty/nginx/sbin/nginx",
    "/opt/homebrew/bin/nginx",
)
DUMP_TIMEOUT_S = 15.0
"""How long, in seconds, `nginx -T` may take: it resolves the names of upstreams."""


def find_nginx() -> str | None:
    """Where Nginx is, or None."""
    found = shutil.which("nginx")
    return found or next((place for place in USUAL_PATHS if os.access(place, os.X_OK)), None)


def dump_local(timeout_s: float = DUMP_TIMEOUT_S) -> Config:
    """What `nginx -T` prints here, with the version that it names.

    Raises:
        ConfigError: There is no Nginx, or it refuses; in its own words.
    """
    binary = find_nginx()
    if binary is None:
        raise ConfigError("no nginx was found on this machine", "nginx -T")
    done = _run([binary, "-T"], timeout_s)
    text = done.stdout[:MAX_FILE_BYTES].decode("utf-8", "replace")
    if done.returncode != 0:
        raise ConfigError(error_line(done.stderr.decode("utf-8", "replace")), "nginx -T")
    said = _run([binary, "-v"], timeout_s).stderr.decode("utf-8", "replace")
    version = said.partition("/")[2].split()
    return config_from_text(text, "nginx -T", version[0] if version else None)


def _run(words: list[str], timeout_s: float) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            words, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"no answer within {timeout_s:.0f} s", " ".join(words)) from None
    except OSError as error:
        raise ConfigError(f"cannot be run: {error.strerror}", " ".join(words)) from None


def error_line(stderr: str) -> str:
    """The line that says why: Nginx's `[emerg]`, else its last."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if "[emerg]" in line] or lines[-1:]
    return safe(telling[0], 300) if telling else "it failed without a word"

"""Files of a config, opened with care: a log pipe or a device named by mistake must not hang."""

import os
import stat

from wizard.text.display import visible
from wizard.text.errors import ConfigError

FILE_LIMIT = 16 << 20
"""The largest config file that is read, in bytes."""


def fault(message: str, name: str, line: int | None = None) -> ConfigError:
    """The error, its place fit to show: a file may be called anything."""
    return ConfigError(message, visible(name, 300), line)


def read_text(path: str, name: str) -> str:
    """The text of a file. Raises `ConfigError` saying why it cannot be read."""
    try:
        # Not to wait for the writer of a FIFO.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise fault(_why(error), name) from None
    except ValueError:
        raise fault("not a file name", name) from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise fault(_kind(mode), name)
    with os.fdopen(handle, "rb") as file:
        try:
            raw = file.read(FILE_LIMIT + 1)
        except OSError as error:
            raise fault(_why(error), name) from None
    return decode(raw, name)


def decode(raw: bytes, name: str) -> str:
    """The text of these bytes. Raises `ConfigError` where they cannot be a config."""
    if len(raw) > FILE_LIMIT:
        raise fault(f"larger than {FILE_LIMIT >> 20} MiB, so not read", name)
    if b"\0" in raw:
        raise fault(
            "a binary file, not an Nginx config", name, raw[: raw.index(b"\0")].count(b"\n") + 1
        )
    return raw.decode("utf-8", "replace").removeprefix("\ufeff")


def _why(error: OSError) -> str:
    return f"cannot be read: {os.strerror(error.errno)}" if error.errno else "cannot be read"


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    kind = next((word for test, word in kinds if test(mode)), "a device")
    return f"{kind}, not a config file"

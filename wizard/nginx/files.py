"""Files of a config, opened with care: a log pipe or a device named by mistake must not hang."""

from wizard.text.display import visible
from wizard.text.errors import ConfigError
from wizard.text.files import NotRegularError, describe_read_error, read_regular

FILE_LIMIT = 16 << 20
"""The largest config file that is read, in bytes."""


def fault(message: str, name: str, line: int | None = None) -> ConfigError:
    """The error, its place fit to show: a file may be called anything."""
    return ConfigError(message, visible(name, 300), line)


def read_text(path: str, name: str) -> str:
    """The text of a file. Raises `ConfigError` saying why it cannot be read."""
    try:
        raw = read_regular(path, FILE_LIMIT)
    except NotRegularError as error:
        raise fault(f"{error.kind}, not a config file", name) from None
    except OSError as error:
        raise fault(describe_read_error(error), name) from None
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

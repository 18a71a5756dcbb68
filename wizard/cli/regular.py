"""Files that are to be read: regular ones alone, and never waited for."""

import os
import stat

from wizard.errors import UsageError


def open_regular(path: str, name: str) -> int:
    """A descriptor to read the file from, which the caller closes.

    Args:
        name: How complaints call the file.

    Raises:
        UsageError: Why it cannot be read, in one sentence.
    """
    try:
        # Not to wait for the writer of a FIFO.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise cannot_be_read(name, error) from None
    except ValueError:
        raise UsageError(f"{name}: not a file name") from None
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    raise UsageError(f"{name}: {'a directory' if stat.S_ISDIR(mode) else 'not a regular file'}")


def cannot_be_read(name: str, error: OSError) -> UsageError:
    """The system's reason as a complaint."""
    why = os.strerror(error.errno) if error.errno else str(error)
    return UsageError(f"{name}: cannot be read: {why}")

"""Case files on disk: read with care, written at once and for their owner alone."""

import errno
import os
import stat
import tempfile
from pathlib import Path

from wizard.investigation.casefile.document import dump, load
from wizard.investigation.casefile.record import Record
from wizard.text.errors import UsageError
from wizard.text.text import safe

LARGEST = 64 << 20
"""The largest case file that is read, in bytes."""


def read(path: str | Path, *, configs: bool = True) -> Record:
    """The record in a file; without its configs it is read at once. Raises `UsageError` in one
    sentence."""
    name = safe(str(path), 200)
    try:
        raw = _bytes(path)
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise UsageError(f"{name}: cannot be read: {reason}") from None
    return read_bytes(raw, str(path), configs=configs)


def read_bytes(raw: bytes, path: str, *, configs: bool = True) -> Record:
    """The record in the bytes of a file that is called so. Raises `UsageError` in one sentence."""
    name = safe(path, 200)
    if len(raw) > LARGEST:
        raise UsageError(f"{name}: not a case file: larger than {LARGEST >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")  # some editors put a byte order mark before it
    except UnicodeDecodeError:
        raise UsageError(f"{name}: not a case file: not a text") from None
    return load(text, path, configs=configs)


def _bytes(path: str | Path) -> bytes:
    # Not to wait for the writer of a FIFO; and no device: some never end.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("not a regular file")
        return file.read(LARGEST + 1)


def write(path: str | Path, record: Record) -> None:
    """Replace the file at once, readable by its owner alone. Raises `OSError`."""
    there = Path(os.path.realpath(path))
    if there.exists() and not there.is_file():
        raise OSError(errno.EINVAL, "not a regular file")
    write_private(there, dump(record))


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner alone. Raises `OSError`."""
    # A name of its own, and mode 0600: several may write at the same time.
    opened, fresh = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.replace(fresh, path)
    except OSError:
        os.unlink(fresh)
        raise

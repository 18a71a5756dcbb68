"""Files that are to be read: regular ones alone, and never waited for."""

import errno
import os
import secrets
import stat
from contextlib import suppress

from wizard.text.errors import UsageError


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


_IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV})
"""Why a file may not be replaced and yet be written: the folder is not ours, or the file alone is
mounted (a container's single file)."""
_LINKS = 40


def write_file(name: str, data: bytes) -> None:
    """Put the data into the file, at once where the folder allows it. Raises `OSError`.

    A link stays a link, an existing file keeps its permissions and its owner, and a pipe, a device
    or an open descriptor (`/dev/stdout`) is written as it is.
    """
    if _is_stream(name):
        # Behind a descriptor may be a file that the shell appends to.
        return _write(name, data, os.O_APPEND)
    place = os.path.realpath(name)
    try:
        return _replace(place, data)
    except OSError as error:
        if error.errno not in _IN_PLACE or not os.path.isfile(place):
            raise
    return _write(place, data, os.O_TRUNC)


def _write(name: str, data: bytes, flag: int) -> None:
    with open(os.open(name, os.O_WRONLY | flag), "wb") as file:
        file.write(data)


def try_file(name: str) -> None:
    """Raise `OSError` where it is plain beforehand that the file cannot be written. Leaves no
    trace, and does not touch a pipe: opening that would end what reads from it."""
    if _is_stream(name):
        return
    place = os.path.realpath(name)
    if os.path.exists(place):
        with open(place, "r+b"):
            return
    handle, made = _beside(place)
    os.close(handle)
    os.unlink(made)


def _is_stream(name: str) -> bool:
    """Whether it is no file to be replaced. A descriptor's name is none either, even where the
    shell has put a file behind it: that may be one that is appended to."""
    with suppress(OSError):
        mode = os.stat(name).st_mode
        return (not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)) or _is_descriptor(name)
    return False


def _is_descriptor(name: str) -> bool:
    for _ in range(_LINKS):
        folder = os.path.realpath(os.path.dirname(name))
        if f"{folder}/".startswith(("/proc/", "/dev/fd/")):
            return True
        if not os.path.islink(name):
            return False
        name = os.path.join(folder, os.readlink(name))
    return False


def _replace(place: str, data: bytes) -> None:
    if os.path.isdir(place):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    handle, made = _beside(place)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            _keep_mode(place, file.fileno())
        os.replace(made, place)
    except BaseException:
        os.unlink(made)
        raise


def _beside(place: str) -> tuple[int, str]:
    """A new file in the same folder, named so that nobody takes it for a report (node_exporter
    reads `*.prom`); its permissions are what the umask leaves."""
    folder, name = os.path.split(place)
    made = os.path.join(folder, f".{name[:80]}.{secrets.token_hex(6)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    return os.open(made, flags, 0o666), made


def _keep_mode(place: str, handle: int) -> None:
    with suppress(FileNotFoundError):
        known = os.stat(place)
        with suppress(PermissionError):
            os.fchown(handle, known.st_uid, known.st_gid)
        os.fchmod(handle, stat.S_IMODE(known.st_mode))

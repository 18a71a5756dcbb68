"""Bounded reading of regular files, and atomic writing that keeps links and modes."""

import errno
import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from io import UnsupportedOperation
from typing import BinaryIO, TypeVar

from wizard.text.messages import tr


class NotRegularError(OSError):
    """Not a regular file but, in `kind`, `a directory`, `a named pipe`, `a socket`, `a device` or
    `a file of the kernel`.

    Reading it could wait for ever, or never end.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(tr("not a regular file"))
        self.kind = kind


READ_TIMEOUT_S = 5.0
"""How long opening or reading a file may take, in seconds: a lost network file system never
answers."""
_Result = TypeVar("_Result")


class NoAnswerError(OSError):
    """The file system does not answer."""

    def __init__(self) -> None:
        super().__init__(
            tr(
                "no answer within {read_timeout_s:g} s: is its file system still mounted?",
                read_timeout_s=READ_TIMEOUT_S,
            )
        )


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return the first `limit + 1` bytes of a regular file; more than `limit` is too large.

    Raises:
        NotRegularError: It is not a regular file.
        NoAnswerError: Its file system does not answer.
        OSError: It cannot be opened or read.
    """
    return read_part(path, 0, limit + 1)


def read_part(path: str | os.PathLike[str], offset: int, size: int) -> bytes:
    """Return at most so many bytes of a regular file from an offset on. Raises as above."""

    def read() -> bytes:
        with _open_regular(path) as file:
            file.seek(offset)
            return file.read(size)

    return _within(READ_TIMEOUT_S, read)


def stat_regular(path: str | os.PathLike[str]) -> os.stat_result:
    """Return the status of a regular file that can be opened for reading. Raises as above."""

    def stat_open() -> os.stat_result:
        with _open_regular(path) as file:
            return os.fstat(file.fileno())

    return _within(READ_TIMEOUT_S, stat_open)


def _within(limit_s: float, work: Callable[[], _Result]) -> _Result:
    """Return the result of this work, which may block. Raises `NoAnswerError` if it does.

    It is done in a thread of its own, for whose end nothing waits, not even that of the program.
    """
    results, errors = list[_Result](), list[BaseException]()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  # raised again by the caller
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit_s)
    if errors:
        raise errors[0]
    if not results:
        raise NoAnswerError
    return results[0]


def read_stdin(limit: int) -> bytes:
    """Return at most `limit + 1` bytes of standard input. Raises `OSError`.

    It is read without Python's buffer: a thread that waits with that would crash the program's end.
    """
    if sys.stdin is None:
        raise OSError(tr("it is closed, so nothing can be read"))
    try:
        handle = sys.stdin.fileno()
    except UnsupportedOperation:  # a text in a test
        return sys.stdin.buffer.read(limit + 1)
    data = bytearray()
    while len(data) <= limit:
        select.select([handle], [], [])  # it may be set not to block
        part = os.read(handle, min(_READ_BYTES, limit + 1 - len(data)))
        if not part:
            break
        data += part
    return bytes(data)


_READ_BYTES = 1 << 16


def _open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading, without waiting for a writer. Raises as `read_regular`."""
    try:
        # Without O_NONBLOCK, opening a FIFO waits for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError:
        raise OSError(tr("not a file name")) from None
    except OSError as error:
        if error.errno == errno.ENXIO:  # on Linux, the error of opening a socket
            raise NotRegularError("a socket") from None
        raise
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or _is_of_kernel(status):
        os.close(handle)
        raise NotRegularError(_kind(status.st_mode))
    return os.fdopen(handle, "rb")


def _is_of_kernel(status: os.stat_result) -> bool:
    """True for a file of `/proc` or `/sys`: it has no size, and some (`kmsg`) never end."""
    return any(status.st_dev == device for device in map(_device_of, ("/proc", "/sys")))


def _device_of(folder: str) -> int | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    # Without such a file system the folder is on the same device as everything else.
    return status.st_dev if status.st_dev != os.stat("/").st_dev else None


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISREG(mode):
        return tr("a file of the kernel")
    return tr("a named pipe") if stat.S_ISFIFO(mode) else "a device"


def describe_read_error(error: OSError) -> str:
    """Return why a file cannot be read: `cannot be read: Permission denied`."""
    return (
        tr("cannot be read: {strerror}", strerror=os.strerror(error.errno))
        if error.errno
        else str(error)
    )


_IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV})
"""Errors of replacing a file that may still be writable: its folder is not writable, or it is a
mount point (a single file mounted into a container)."""
_MAX_LINKS = 40


def write_file(name: str, data: bytes) -> None:
    """Write the data into the file, atomically if the folder allows it. Raises `OSError`.

    A link stays a link, and an existing file keeps its permissions and its owner. A pipe, a device
    or an open descriptor (`/dev/stdout`) is written to, not replaced.
    """
    if _is_stream(name):
        return _write(name, data, os.O_APPEND)
    path = os.path.realpath(name)
    try:
        return _replace(path, data)
    except OSError as error:
        if error.errno not in _IN_PLACE or not os.path.isfile(path):
            raise
    return _write(path, data, os.O_TRUNC)


def _write(name: str, data: bytes, flag: int) -> None:
    with open(os.open(name, os.O_WRONLY | flag), "wb") as file:
        file.write(data)


def require_writable(name: str) -> None:
    """Raise `OSError` if the file cannot be written; changes nothing.

    A pipe is not opened: its reader would see the end of it.
    """
    if _is_stream(name):
        return
    path = os.path.realpath(name)
    if os.path.exists(path):
        with open(path, "r+b"):
            return
    handle, temporary = _create_beside(path)
    os.close(handle)
    os.unlink(temporary)


def _is_stream(name: str) -> bool:
    """True for a name that is written to and not replaced: a pipe, a device, a descriptor.

    A descriptor counts even if it is one of a file, to which the shell may append.
    """
    with suppress(OSError):
        mode = os.stat(name).st_mode
        return (not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)) or _is_descriptor(name)
    return False


def _is_descriptor(name: str) -> bool:
    for _ in range(_MAX_LINKS):
        folder = os.path.realpath(os.path.dirname(name))
        if f"{folder}/".startswith(("/proc/", "/dev/fd/")):
            return True
        if not os.path.islink(name):
            return False
        name = os.path.join(folder, os.readlink(name))
    return False


def _replace(path: str, data: bytes) -> None:
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    handle, temporary = _create_beside(path)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            _copy_owner_and_mode(path, file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _create_beside(path: str) -> tuple[int, str]:
    """Create a temporary file in the same folder; return its descriptor and its path.

    Its name ends in `.tmp`, so that no program reads it as a report (node_exporter reads `*.prom`).
    Its permissions are those that the umask allows.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:80]}.{os.urandom(6).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    return os.open(temporary, flags, 0o666), temporary


def _copy_owner_and_mode(path: str, handle: int) -> None:
    with suppress(FileNotFoundError):
        existing = os.stat(path)
        with suppress(PermissionError):
            os.fchown(handle, existing.st_uid, existing.st_gid)
        os.fchmod(handle, stat.S_IMODE(existing.st_mode))

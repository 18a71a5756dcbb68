"""The body of `--data`: several are joined, and files are read, as curl does it."""

from collections.abc import Callable, Sequence

from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import describe_read_error, read_regular
from wizard.text.messages import tr

MAX_BODY_BYTES = 4 << 20
"""The largest body that is sent; curl, at a vantage, takes no longer line than 8,000,000 bytes."""
STDIN = ("-", "@-")
"""The values that stand for standard input; curl has the second one."""
ReadStdin = Callable[[], bytes]
"""Reads standard input, at most one byte more than `MAX_BODY_BYTES`. Raises `UsageError`."""


def read_body(parts: Sequence[str], read_stdin: ReadStdin | None = None) -> bytes | None:
    """The body of these `--data` values, joined by `&`; None without any.

    Each is a text, `@FILE`, or standard input, if it can be read here. Raises `UsageError`.
    """
    return b"&".join(_read_part(part, read_stdin) for part in parts) if parts else None


def _read_part(part: str, read_stdin: ReadStdin | None) -> bytes:
    if part not in STDIN and not part.startswith("@"):
        # The bytes of the command line as they were, also those that are no UTF-8.
        return part.encode("utf-8", "surrogateescape")
    data = _read_stdin(read_stdin) if part in STDIN else _read_file(part[1:])
    if len(data) > MAX_BODY_BYTES:
        raise UsageError(
            tr(
                "--data {file}: larger than {max_body_bytes} MiB, so not sent",
                file=safe(part, 200),
                max_body_bytes=MAX_BODY_BYTES >> 20,
            )
        )
    # What curl leaves out of a file that --data names (its manual page).
    return data.translate(None, b"\r\n\0")


def _read_stdin(read_stdin: ReadStdin | None) -> bytes:
    if read_stdin is None:
        raise UsageError(tr("--data -: standard input cannot be read here: use @FILE"))
    return read_stdin()


def _read_file(path: str) -> bytes:
    if not path:
        raise UsageError(tr("--data @: the file name is missing"))
    try:
        return read_regular(path, MAX_BODY_BYTES)
    except OSError as error:
        problem = describe_read_error(error)
        raise UsageError(f"--data @{safe(path, 200)}: {problem}") from None

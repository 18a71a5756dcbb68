"""Read a TOML file that the user wrote: bounded, each error in one sentence with its line."""

import re
import tomllib
from typing import Any

from wizard.cli.local_files import unreadable
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import read_regular
from wizard.text.messages import tr

MAX_FILE_BYTES = 1 << 20
_LINE = re.compile(r"line (\d+), column")


def read_toml(path: str, file: str) -> dict[str, Any]:
    """The content of the file, named `file` in messages. Raises `UsageError` with the line."""
    try:
        data = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise unreadable(file, error) from None
    if len(data) > MAX_FILE_BYTES:
        raise UsageError(
            tr(
                "{file}: larger than {max_file_bytes} MiB, so not read",
                file=file,
                max_file_bytes=MAX_FILE_BYTES >> 20,
            )
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(
            tr("{file}:{line}: not UTF-8, as TOML must be", file=file, line=line)
        ) from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(tr("{file}: nested too deeply", file=file)) from None
    except ValueError as error:
        problem, _, place = str(error).partition(" (at ")
        match = _LINE.match(place)
        line = int(match[1]) if match else max(1, len(text.splitlines()))
        raise UsageError(
            tr(
                "{file}:{line}: not TOML: {problem}",
                file=file,
                line=line,
                problem=safe(problem, 200),
            )
        ) from None

"""Read a TOML file that the user wrote: bounded, each error in one sentence with its line."""

import re
import tomllib
from typing import Any

from wizard.cli.local_files import unreadable
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.files import read_regular

MAX_FILE_BYTES = 1 << 20
_LINE = re.compile(r"line (\d+), column")


def read_toml(path: str, file: str) -> dict[str, Any]:
    """The content of the file, named `file` in messages. Raises `UsageError` with the line."""
    try:
        data = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise unreadable(file, error) from None
    if len(data) > MAX_FILE_BYTES:
        raise UsageError(f"{file}: larger than {MAX_FILE_BYTES >> 20} MiB, so not read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{file}:{line}: not UTF-8, as TOML must be") from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{file}: nested too deeply") from None
    except ValueError as error:
        problem, _, place = str(error).partition(" (at ")
        match = _LINE.match(place)
        line = int(match[1]) if match else max(1, len(text.splitlines()))
        raise UsageError(f"{file}:{line}: not TOML: {safe(problem, 200)}") from None

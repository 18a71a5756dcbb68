"""Edits of a file's text, and the unified diff that GNU patch applies."""

import difflib
import os.path
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from wizard.model.config import Config
from wizard.recommend.config_text import is_text

STDIN = "standard input"
"""The name of a config that came without one."""
CONTEXT = 3
"""How many lines around a change the diff shows at most."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_NEWLINE = "\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` becomes `text`; an insertion where both are the same."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where a file stands: the directory to run patch in, and its name from there."""

    directory: str
    name: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, in the line ends that the text uses."""
    crlf = text.count("\r\n") * 2 > text.count("\n")
    # Of two insertions at one place the first comes first, so it is made last.
    for edit in reversed(sorted(edits, key=lambda one: one.start)):
        new = edit.text.replace("\n", "\r\n") if crlf else edit.text
        text = text[: edit.start] + new + text[edit.end :]
    return text


def home(config: Config, file: str) -> Home:
    """Where to run `patch -p0` for a file: in the main config's directory if the file is below.

    GNU patch refuses absolute names, `..` and symbolic links (sites-enabled is full of them), so
    the name is that of the real file.
    """
    if file == STDIN:
        return Home("", "nginx.conf")
    path, main = _real(config, file), _real(config, config.main)
    directory = os.path.dirname(main)
    if not PurePath(path).is_relative_to(directory):
        directory = os.path.dirname(path)
    return Home(directory, os.path.relpath(path, directory or "."))


def _real(config: Config, file: str) -> str:
    on_disk = config.paths.get(file)
    return os.path.realpath(on_disk) if on_disk else os.path.normpath(file)


def unified(name: str, old: str, new: str, hidden: frozenset[str] = frozenset()) -> str | None:
    """The diff, with as much context as can be shown; None if what changes cannot be shown.

    Context lines are the user's own config: a line with a credential, or with bytes that are not
    text, is left out, since patch would not find the line if it were masked.

    Args:
        hidden: Pieces of lines that must not show.
    """
    for context in range(CONTEXT, -1, -1):
        lines = _lines(name, old, new, context)
        if all(_may_show(line, hidden) for line in lines):
            return "".join(lines) or None
    return None


def touched(text: str, edits: Sequence[Edit]) -> range:
    """The offsets of all lines that a diff of these edits may show."""
    start = min((edit.start for edit in edits), default=0)
    end = max((edit.end for edit in edits), default=0)
    for _ in range(CONTEXT + 1):
        start = text.rfind("\n", 0, max(start, 0))
        end = text.find("\n", end) + 1 or len(text)
    return range(start + 1, end)


def _may_show(line: str, hidden: frozenset[str]) -> bool:
    text = line.partition("\n")[0].removesuffix("\r")
    return is_text(text) and not any(piece in text for piece in hidden)


def _lines(name: str, old: str, new: str, context: int) -> list[str]:
    # A name with a space needs the tab after it, or patch takes the first word alone.
    named = f"{name}\t" if " " in name else name
    made = difflib.unified_diff(_split(old), _split(new), named, named, n=context)
    return [line if line.endswith("\n") else f"{line}{_NO_NEWLINE}" for line in made]


def _split(text: str) -> list[str]:
    """Lines as patch counts them: `str.splitlines` would also split at a form feed or U+2028."""
    return _LINE.findall(text)

"""Edits of the config's files, and the unified diff of them that GNU patch applies."""

import difflib
import os.path
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from wizard.model.config import Config
from wizard.recommend.redaction import is_text, secret_fragments, split_fragments
from wizard.recommend.source import statements_of

CONTEXT_LINES = 3
"""How many lines around a change the diff shows at most."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_NEWLINE = "\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` of a file becomes `text`; an insertion where both offsets are the same."""

    file: str
    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, in the line ends that the text uses."""
    crlf = text.count("\r\n") * 2 > text.count("\n")
    # Of two insertions at one place the first comes first, so it is made last.
    for edit in reversed(sorted(edits, key=lambda edit: edit.start)):
        new = edit.text.replace("\n", "\r\n") if crlf else edit.text
        text = text[: edit.start] + new + text[edit.end :]
    return text


@dataclass(frozen=True, slots=True)
class PatchTarget:
    """The directory to run `patch` in, and a file's name from there."""

    directory: str
    name: str


def patch_target(config: Config, file: str) -> PatchTarget:
    """Where to run `patch -p0` for a file: in the main config's directory if the file is below.

    GNU patch refuses absolute names, `..` and symbolic links (sites-enabled is full of them), so
    the name is that of the real file.
    """
    if config.is_unnamed:
        return PatchTarget("", "nginx.conf")
    path, main = _real_path(config, file), _real_path(config, config.main)
    directory = os.path.dirname(main)
    if not PurePath(path).is_relative_to(directory):
        directory = os.path.dirname(path)
    return PatchTarget(directory, os.path.relpath(path, directory or "."))


def _real_path(config: Config, file: str) -> str:
    on_disk = config.paths.get(file)
    return os.path.realpath(on_disk) if on_disk else os.path.normpath(file)


def make_diff(
    config: Config, files: Iterable[str], edits: Sequence[Edit], added_secrets: Iterable[str] | None
) -> tuple[str | None, str]:
    """The diff of all files that change, and the directory that their names start from.

    The diff is None if a line that must change cannot be shown, or if the files have no
    directory in common. `added_secrets` are the added statements that hold a credential; None to
    show credentials.
    """
    targets = {file: patch_target(config, file) for file in files}
    directory = next(iter(targets.values())).directory
    hidden = None
    if added_secrets is not None:
        hidden = frozenset(line for text in added_secrets for line in split_fragments(text))
    diffs = [
        _file_diff(config, file, target.name, [e for e in edits if e.file == file], hidden)
        for file, target in targets.items()
    ]
    same_directory = all(target.directory == directory for target in targets.values())
    diff = "".join(filter(None, diffs))
    return (diff if diff and None not in diffs and same_directory else None), directory


def _file_diff(
    config: Config, file: str, name: str, edits: Sequence[Edit], hidden: frozenset[str] | None
) -> str | None:
    text = config.texts[file]
    edited = apply_edits(text, edits)
    if hidden is None:
        return unified_diff(name, text, edited)
    around = secret_fragments(text, statements_of(config, file), _shown_span(text, edits))
    return unified_diff(name, text, edited, hidden | around)


def unified_diff(name: str, old: str, new: str, hidden: frozenset[str] = frozenset()) -> str | None:
    """The diff with as much context as can be shown; None if what changes cannot be shown, empty
    if nothing changes.

    Context lines are the user's own config: a line with a credential, or with bytes that are not
    text, is left out, since patch would not find the line if it were masked. Lines that contain a
    fragment in `hidden` must not be shown.
    """
    for context in range(CONTEXT_LINES, -1, -1):
        lines = _diff_lines(name, old, new, context)
        if all(_can_be_shown(line, hidden) for line in lines):
            return "".join(lines)
    return None


def _shown_span(text: str, edits: Sequence[Edit]) -> range:
    """The offsets of all lines that a diff of these edits may show."""
    start = min((edit.start for edit in edits), default=0)
    end = max((edit.end for edit in edits), default=0)
    for _ in range(CONTEXT_LINES + 1):
        start = text.rfind("\n", 0, max(start, 0))
        end = text.find("\n", end) + 1 or len(text)
    return range(start + 1, end)


def _can_be_shown(line: str, hidden: frozenset[str]) -> bool:
    text = line.partition("\n")[0].removesuffix("\r")
    return is_text(text) and not any(fragment in text for fragment in hidden)


def _diff_lines(name: str, old: str, new: str, context: int) -> list[str]:
    # A name with a space needs the tab after it, or patch takes the first word alone.
    label = f"{name}\t" if " " in name else name
    lines = difflib.unified_diff(_split(old), _split(new), label, label, n=context)
    return [line if line.endswith("\n") else f"{line}{_NO_NEWLINE}" for line in lines]


def _split(text: str) -> list[str]:
    """Lines as patch counts them: `str.splitlines` would also split at a form feed or U+2028."""
    return _LINE.findall(text)

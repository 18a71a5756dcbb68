"""Lists of targets, written and read."""

from pathlib import Path

import pytest

from tests.cli.command import QUICK
from tests.cli.wrong_targets import URL
from wizard.cli.options import make_parser
from wizard.cli.targets import NamedTarget, read_targets
from wizard.model.target import Target
from wizard.text.errors import UsageError


def read(file: Path, text: str, *words: str) -> list[NamedTarget]:
    """The targets of a file with this text, `words` beside `--targets`."""
    file.write_text(text, "utf-8")
    return list(read_targets(make_parser("check").parse_args(["--targets", str(file), *words])))


def only(file: Path, lines: str, *words: str) -> Target:
    """The one target that these lines add to a URL."""
    (one,) = read(file, f'[[target]]\nurl = "{URL}"\n{lines}', *words)
    return one.target


def wrong(file: Path, text: str, *words: str) -> str:
    """What is said of it, without the file's name."""
    with pytest.raises(UsageError) as caught:
        read(file, text, *words)
    said = str(caught.value)
    assert said.startswith(f"{file}"), said
    assert said.isprintable()
    return said.removeprefix(f"{file}").removeprefix(": ")


def listed(file: Path, **lines: str) -> list[str]:
    """The command that checks these: each target's lines by its name."""
    text = "".join(f'[[target]]\nname = "{name}"\n{rest}\n' for name, rest in lines.items())
    file.write_text(f"[defaults]\nmcp = false\n{text}", "utf-8")
    return ["check", "--targets", str(file), *QUICK]

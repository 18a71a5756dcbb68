"""Write and read targets files."""

from pathlib import Path

import pytest

from tests.cli.command import QUICK
from tests.cli.invalid_targets import URL
from wizard.cli.options import make_parser
from wizard.cli.targets import NamedTarget, read_targets
from wizard.model.target import Target
from wizard.text.errors import UsageError


def read(file: Path, text: str, *words: str) -> list[NamedTarget]:
    """The targets of a file with this text; `words` are further options."""
    file.write_text(text, "utf-8")
    return list(read_targets(make_parser("check").parse_args(["--targets", str(file), *words])))


def read_one(file: Path, lines: str, *words: str) -> Target:
    """The target of a file with these lines below a URL."""
    (named,) = read(file, f'[[target]]\nurl = "{URL}"\n{lines}', *words)
    return named.target


def read_error(file: Path, text: str, *words: str) -> str:
    """The error of reading a file with this text, without the file's name."""
    with pytest.raises(UsageError) as caught:
        read(file, text, *words)
    message = str(caught.value)
    assert message.startswith(f"{file}"), message
    assert message.isprintable()
    return message.removeprefix(f"{file}").removeprefix(": ")


def check_command(file: Path, **lines: str) -> list[str]:
    """The words that check these targets: each target's lines by its name."""
    text = "".join(f'[[target]]\nname = "{name}"\n{rest}\n' for name, rest in lines.items())
    file.write_text(f"[defaults]\nmcp = false\n{text}", "utf-8")
    return ["check", "--targets", str(file), *QUICK]

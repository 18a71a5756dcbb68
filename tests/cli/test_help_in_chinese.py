"""The help in Chinese: headings are translated, no line is wider than 80 columns."""

import os
import subprocess
import sys

import pytest

from wizard.cli.commands import COMMANDS
from wizard.text.columns import width

_SHOW_HELP = """
import sys
from wizard.cli.options import make_parser
for command in sys.argv[1:]:
    print(make_parser(command).format_help())
"""


@pytest.fixture(scope="module")
def chinese_help() -> str:
    """The help of all commands, from a process whose language is Chinese."""
    environment = {**os.environ, "SSEWIZARD_LANG": "zh_CN", "COLUMNS": "80", "PYTHONUTF8": "1"}
    words = [sys.executable, "-c", _SHOW_HELP, "", *COMMANDS]
    return subprocess.run(words, env=environment, check=True, capture_output=True).stdout.decode()


def test_the_help_fits_80_columns(chinese_help: str) -> None:
    assert [line for line in chinese_help.splitlines() if width(line) > 80] == []


@pytest.mark.parametrize("words", ["usage:", "options:", "positional arguments", "repeatable"])
def test_no_word_of_argparse_is_left(chinese_help: str, words: str) -> None:
    assert "选项" in chinese_help
    assert words not in chinese_help

"""The screens in Chinese at 80x24: nothing is too wide, no key is cut, no sentence is English."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.screens.walk import SIZE
from wizard.text.columns import width

Screens = dict[str, dict[str, list[str]]]
_ENGLISH = re.compile(r"(?<![\w/$.-])[A-Za-z][A-Za-z']+ [a-z']{2,}(?![\w/.-])")
"""Two English words in a row."""
_NAMES = (
    "upstream timed out", "message processing canceled", "nginx reload", "Copy as cURL",
    "ssh jump", "ssewizard explain", "ssewizard open", "ssewizard inspect", "ssewizard check",
    "Nginx location", "location if", "Not read", "BusyBox wget",
)  # fmt: skip
"""Log lines, commands and names that stay English, and the samples' own words."""
_CODE = re.compile(
    r"^[+│ -]*(?:[a-z_]+ [^ ]+;|(?:location|server|upstream) .*\{)|\$ curl|-s reload"
)
"""Lines of a config and of a shell."""


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Screens:
    """Every step in every state, in Chinese."""
    state = str(tmp_path_factory.mktemp("state"))
    environment = {**os.environ, "SSEWIZARD_LANG": "zh_CN", "XDG_STATE_HOME": state}
    command = [sys.executable, "-m", "tests.screens.walk"]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    shown: Screens = json.loads(done.stdout)
    return shown


@pytest.mark.slow
def test_no_line_is_wider_than_the_window(screens: Screens) -> None:
    lines = [line for steps in screens.values() for shown in steps.values() for line in shown]
    assert [line for line in lines if width(line) > SIZE[0]] == []


@pytest.mark.slow
def test_each_row_of_a_panel_ends_at_its_border(screens: Screens) -> None:
    for name in ("failing", "healthy", "hops", "fixed"):
        for key, lines in screens[name].items():
            for line in lines[1:-1]:
                assert width(line) == SIZE[0], (name, key, line)


@pytest.mark.slow
def test_quit_is_among_the_keys(screens: Screens) -> None:
    for name in ("empty", "failing", "healthy", "hops", "fixed"):
        assert all("q 退出" in lines[-1] for lines in screens[name].values()), name


@pytest.mark.slow
def test_names_and_results_of_the_steps_fit(screens: Screens) -> None:
    rows = [line for lines in screens["failing"].values() for line in lines[2 : 2 + 8]]
    names = [row[1 : row.index("│", 1)] for row in rows]
    assert not any("…" in name for name in names), names


@pytest.mark.slow
def test_no_english_sentence_is_left(screens: Screens) -> None:
    left = [
        (name, key, line)
        for name, steps in screens.items()
        for key, lines in steps.items()
        for line in lines
        if _is_english(line)
    ]
    assert left == []


def _is_english(line: str) -> bool:
    text = line.rpartition("││")[2].strip("│╮╯╭╰─ ")
    for name in _NAMES:
        text = text.replace(name, "")
    return not _CODE.search(text) and _ENGLISH.search(text) is not None

"""The wizard's own settings in the config file."""

import pytest

from tests.cli.test_profiles import URL, Write, opened, refusal, write
from wizard.cli.preferences import read_preferences
from wizard.text.errors import UsageError

__all__ = ["write"]
SETTINGS = f"""
theme = "light"
mouse = false

[keys]
"steps.all" = "A"
steps.again = "x,f5"

[prod]
url = "{URL}"
"""


def test_settings_stand_beside_profiles(write: Write) -> None:
    path = write(SETTINGS)
    preferences = read_preferences()
    assert (preferences.theme, preferences.mouse) == ("light", False)
    assert preferences.keys == {"steps.all": "A", "steps.again": "x,f5"}
    assert preferences.file == str(path)
    assert opened("prod").url == URL


def test_without_a_file_the_defaults_count(write: Write) -> None:
    preferences = read_preferences()
    assert (preferences.theme, preferences.mouse, preferences.keys) == ("", True, {})


def test_settings_are_no_profiles(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(SETTINGS)
    assert "no such command" in refusal(capsys, "keys") or "neither a command" in refusal(
        capsys, "theme"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("theme = 1", "theme: write the name of a theme"),
        ('mouse = "no"', "mouse: write true or false"),
        ("keys = 1", "keys: write it as a table, [keys]"),
        ("[keys]\nsteps.all = 1", '[keys]: steps.all: write a key, such as "a"'),
        ('[keys]\n"steps.all" = " "', "[keys]: steps.all: write a key"),
        ("[keys]\na.b.c.d.e.f = 'x'", "[keys]: a.b.c.d.e: write a key"),
        ("theme = ", "config.toml:1: not TOML"),
    ],
)
def test_wrong_settings_are_refused(write: Write, text: str, problem: str) -> None:
    path = write(text)
    with pytest.raises(UsageError) as error:
        read_preferences()
    assert str(error.value).startswith(str(path))
    assert problem in str(error.value)

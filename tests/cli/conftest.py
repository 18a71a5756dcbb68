"""Fixtures of the command line's tests."""

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of a targets file that does not exist yet."""
    return tmp_path / "targets.toml"


@pytest.fixture(autouse=True)
def no_config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profiles of whoever runs the tests are not read."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))

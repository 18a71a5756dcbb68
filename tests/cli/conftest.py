"""Fixtures of the command line's tests."""

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of a targets file that does not exist yet."""
    return tmp_path / "targets.toml"

"""What the tests of the command line share."""

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a list of targets is written."""
    return tmp_path / "targets.toml"

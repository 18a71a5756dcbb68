"""What tests of configs share."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.nginx.masters import Masters
from tests.tools import require


@pytest.fixture
def masters(nginx: str, tmp_path: Path, alone: tuple[str, ...]) -> Iterator[Masters]:
    """Where any number of Nginx can be started."""
    with ExitStack() as stack:
        yield Masters(nginx, tmp_path, alone, stack)


@pytest.fixture
def alone() -> Iterator[tuple[str, ...]]:
    """A prefix into a network namespace of its own."""
    prefix = ("unshare", "-n") if os.geteuid() == 0 else ("unshare", "-rn")
    words = [*prefix, "sh", "-c", "echo x; read -r _"]
    require("unshare", "nsenter")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout is not None
        if not held.stdout.readline():
            pytest.skip("needs the right to make namespaces")
        enter = ("nsenter", "-t", str(held.pid), *(() if os.geteuid() == 0 else ("-U",)), "-n")
        yield enter
        held.communicate()

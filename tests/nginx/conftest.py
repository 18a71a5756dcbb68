"""Fixtures of the tests of nginx/: a network namespace, and Nginx that run in it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.nginx.masters import Masters
from tests.tools import require


@pytest.fixture
def masters(nginx: str, tmp_path: Path, namespace: tuple[str, ...]) -> Iterator[Masters]:
    """Starts any number of Nginx in the namespace."""
    with ExitStack() as stack:
        yield Masters(nginx, tmp_path, namespace, stack)


@pytest.fixture
def namespace() -> Iterator[tuple[str, ...]]:
    """The command prefix of a new network namespace."""
    prefix = ("unshare", "-n") if os.geteuid() == 0 else ("unshare", "-rn")
    words = [*prefix, "sh", "-c", "echo x; read -r _"]
    require("unshare", "nsenter")
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        if not holder.stdout.readline():
            pytest.skip("needs the right to make namespaces")
        enter = ("nsenter", "-t", str(holder.pid), *(() if os.geteuid() == 0 else ("-U",)), "-n")
        yield enter
        holder.communicate()

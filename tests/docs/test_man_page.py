"""The man page: it is current, and groff formats it without a warning."""

import shutil
import subprocess

import pytest

from tests.docs.man_page import MAN_PAGE, current_man_page
from wizard.cli.commands import COMMANDS


def test_the_man_page_in_the_repository_is_current() -> None:
    assert MAN_PAGE.read_text("utf-8") == current_man_page(), "run `make docs` and commit"


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_groff_formats_it_without_a_warning() -> None:
    words = ["groff", "-man", "-Tutf8", "-ww", "-P-c", "-rLL=80n", str(MAN_PAGE)]
    run = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    assert run.stderr == ""
    text = " ".join(run.stdout.split())
    assert all(f"ssewizard {command} [options]" in text for command in COMMANDS)
    assert "--conf /etc/nginx/nginx.conf --log /var/log/nginx/error.log" in text
    assert "--vantage web='ssh web1' --conf web=" in text

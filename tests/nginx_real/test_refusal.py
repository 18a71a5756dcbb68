"""What is called refused, a real Nginx refuses for the same reason."""

import subprocess
from pathlib import Path

import pytest

from tests.nginx.test_refusal import REFUSED

pytestmark = pytest.mark.nginx
WHOLE = {name: row for name, row in REFUSED.items() if "http {" in row[0]}


@pytest.mark.parametrize(("text", "_words", "name"), WHOLE.values(), ids=WHOLE.keys())
def test_nginx_refuses_it_too(
    nginx: str, tmp_path: Path, text: str, _words: str, name: str
) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(text)
    words = [nginx, "-t", "-c", str(conf), "-p", str(tmp_path), "-e", "stderr"]
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 1
    assert f'"{name}" ' in result.stderr

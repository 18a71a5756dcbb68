"""What is called refused, a real Nginx refuses for the same reason."""

import subprocess
from pathlib import Path

import pytest

from tests.nginx.test_refusal import IN_HTTP, NESTED, NOT_REFUSED, REFUSED
from tests.recommend.config_layouts import TEMP_PATHS

pytestmark = pytest.mark.nginx
WHOLE = {name: row for name, row in REFUSED.items() if "http {" in row[0]}


@pytest.mark.parametrize(("text", "_words", "name"), WHOLE.values(), ids=WHOLE.keys())
def test_nginx_refuses_it_too(
    nginx: str, tmp_path: Path, text: str, _words: str, name: str
) -> None:
    is_accepted, output = check(nginx, tmp_path, text)
    assert not is_accepted
    assert f'"{name}" ' in output


def check(nginx: str, folder: Path, text: str) -> tuple[bool, str]:
    """Whether Nginx accepts the config, and what it says."""
    conf = folder / "nginx.conf"
    conf.write_text(text)
    words = [nginx, "-t", "-c", str(conf), "-p", str(folder), "-e", "stderr"]
    result = subprocess.run(
        [*words, "-g", "pid nginx.pid;"], capture_output=True, text=True, check=False, timeout=30
    )
    return result.returncode == 0, result.stderr


def test_nginx_says_the_same_of_what_a_block_may_not_hold(nginx: str, tmp_path: Path) -> None:
    answers = {lines: check(nginx, tmp_path, IN_HTTP.format(lines)) for lines in NESTED}
    assert [lines for lines, (is_accepted, _) in answers.items() if is_accepted] == []
    outputs = [(answers[lines][1], reason) for lines, reason in NESTED.items()]
    assert [output for output, reason in outputs if reason not in output] == []


def test_nginx_accepts_what_is_not_refused(nginx: str, tmp_path: Path) -> None:
    configs = [
        IN_HTTP.format(lines).replace("http {", f"http {{ {TEMP_PATHS}")
        for lines in NOT_REFUSED.values()
    ]
    answers = [check(nginx, tmp_path, text) for text in configs]
    assert [output for is_accepted, output in answers if not is_accepted] == []

"""Which texts a real Nginx can split into words, compared with ours."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.nginx.random_configs import deterministic
from wizard.nginx.parse import parse_config
from wizard.nginx.words import MAX_WORD_BYTES
from wizard.text.errors import ConfigError

pytestmark = pytest.mark.nginx

PIECES = st.sampled_from(
    ["a", "b ", " ", "\n", ";", ";", "{", "}", "#", "\\", "\\\\", "'", "'", '"', '"', "()", "\r"]
)
FRAME = "events {{}}\nhttp {{ log_format x {}\n}}\n"
LENGTHS = [
    *("a" * (MAX_WORD_BYTES + more) for more in (0, 1)),
    *(f"'{'a' * (MAX_WORD_BYTES - less)}'" for less in (1, 0)),
    *(f"a # {'b' * (MAX_WORD_BYTES - less)}\n" for less in (3, -20)),
]


def accepts(nginx: str, folder: Path, text: str) -> bool:
    conf = folder / "nginx.conf"
    conf.write_text(text, "utf-8", newline="")
    words = [nginx, "-t", "-q", "-c", str(conf), "-p", str(folder), "-g", "pid pid;"]
    words += ["-e", "stderr"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def reads(text: str) -> bool:
    """True if the parser reads the text and finds what Nginx takes inside `http`: a format."""
    try:
        _, http = parse_config(text, "x")
    except (ConfigError, ValueError):
        return False
    return all(each.name == "log_format" and len(each.args) > 1 for each in http.block or ())


@pytest.mark.parametrize("word", LENGTHS, ids=lambda word: f"{word[0]}-{len(word)}")
def test_a_long_word(nginx: str, tmp_path: Path, word: str) -> None:
    text = FRAME.format(f"{word};")
    assert reads(text) == accepts(nginx, tmp_path, text)


@settings(
    **deterministic(max_examples=60), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_random_texts(nginx: str, tmp_path: Path, text: str) -> None:
    whole = FRAME.format(text + ";")
    assert reads(whole) == accepts(nginx, tmp_path, whole)

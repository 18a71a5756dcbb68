"""Which modules each command imports: light commands load no screen and no HTTP client."""

import subprocess
import sys
from pathlib import Path

import pytest

LOADED = """
import sys
from screens.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
sys.stderr.write("LOADED " + " ".join(name for name in sys.modules if "." not in name))
"""


def loaded(*words: str) -> set[str]:
    """The top-level modules in memory once the command has run."""
    process = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(process.stderr.rpartition("LOADED ")[2].split())


SCREEN = {"textual", "rich"}
HEAVY = SCREEN | {"httpx", "httpcore", "h2", "crossplane", "msgspec", "asyncio", "ssl"}


@pytest.mark.parametrize(
    "words",
    [
        ["explain"],
        ["explain", "proxy-buffering-hold"],
        ["explain", "no-such-rule"],
        ["--help"],
        ["--version"],
        ["check", "--help"],
        ["check"],
        ["check", "not-a-url"],
        ["check", "http://h/sse", "--nope"],
        ["--conf", "nginx.conf"],
    ],
    ids=" ".join,
)
def test_commands_without_network_load_no_client(words: list[str]) -> None:
    assert not loaded(*words) & HEAVY


def test_the_version_is_printed_before_the_command_line_is_loaded() -> None:
    assert "argparse" not in loaded("--version")
    assert "argparse" in loaded("--help")


def test_inspect_loads_no_client_and_no_screen() -> None:
    assert not loaded("inspect", "--conf", "/nonexistent", "--path", "/") & (SCREEN | {"httpx"})


@pytest.mark.parametrize(
    "words", [["lab", "--list"], ["check", "http://127.0.0.1:1/sse", "--stall", "1"]], ids=" ".join
)
def test_headless_commands_load_no_screen(words: list[str]) -> None:
    assert "textual" not in loaded(*words)


def test_check_loads_the_client_and_no_decoder() -> None:
    """Otherwise the tests above would prove nothing."""
    modules = loaded("check", "http://127.0.0.1:1/sse", "--stall", "1")
    assert "httpx" in modules
    assert "msgspec" not in modules


def test_only_a_case_loads_its_decoder(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text("{}")
    assert "msgspec" in loaded("open", str(path))

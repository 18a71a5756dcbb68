"""Wrong words and unreadable inputs: exit 2, one sentence, and what was found is still shown."""

import os
from pathlib import Path

import pytest

from tests.cli.command import CommandResult, run_check, run_command
from tests.probe.scripted import CHUNKED, chunk, saying, serving

LIVE = saying(CHUNKED, chunk(b"data: 1\n\n"), then="open")

WRONG = {
    "no-scheme": "example.com/sse",
    "blanks": "http://h/s se",
    "control": "http://h/\x1b[2J",
    "port-too-large": "http://h:99999/sse",
    "port-a-word": "http://h:x/sse",
    "empty": "",
}


@pytest.mark.parametrize("url", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_url(url: str) -> None:
    run = run_command("check", url)
    assert (run.status, run.out) == (2, "")
    assert "not a URL" in run.sentence


async def live(*words: str) -> CommandResult:
    """`check` on a live stream, which is seen whatever else cannot be read."""
    async with serving(LIVE) as url:
        run = await run_check(url, *words)
    assert run.status == 2
    assert "live: first data after" in run.out
    return run


async def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    run = await live("--conf", str(conf))
    assert str(conf) in run.sentence
    assert "No such file" in run.err


async def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    run = await live("--log", str(log))
    assert f"{log}: cannot be read: No such file or directory" in run.sentence


async def test_a_log_that_is_a_fifo(tmp_path: Path) -> None:
    fifo = tmp_path / "access.log"
    os.mkfifo(fifo)
    assert "not a regular file" in (await live("--log", str(fifo))).sentence


async def test_a_broken_config(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("http {\n    server {\n        listen 80;\n", "utf-8")
    run = await live("--conf", str(conf))
    assert f"{conf}:" in run.sentence


async def test_no_file_to_write_to_is_said_before_anything_is_probed(tmp_path: Path) -> None:
    async with serving(LIVE) as url:
        run = await run_check(url, "-o", str(tmp_path / "none" / "report"))
    assert (run.status, run.out) == (2, "")
    assert "none/report: cannot be written: No such file" in run.sentence


async def test_a_directory_to_write_to(tmp_path: Path) -> None:
    async with serving(LIVE) as url:
        run = await run_check(url, "-o", str(tmp_path))
    assert run.status == 2
    assert "Is a directory" in run.sentence


async def test_a_report_in_a_file(tmp_path: Path) -> None:
    async with serving(LIVE) as url:
        run = await run_check(url, "-o", str(tmp_path / "report"))
    assert run == CommandResult(0, "", "")
    assert (tmp_path / "report").read_text("utf-8").startswith("HEALTHY  ")


def inspected(tmp_path: Path, text: str) -> CommandResult:
    conf = tmp_path / "nginx.conf"
    conf.write_text(text, "utf-8")
    return run_command("inspect", "--conf", str(conf), "--path", "/sse")


CONFIGS = {
    "brace-missing": ("http {\n    server {\n", "nginx.conf:"),
    "brace-too-much": ("http {\n}\n}\n", "nginx.conf:3: "),
    "no-semicolon": ("http {\n    server {\n        listen 80\n    }\n}\n", "nginx.conf:3: "),
    "quote-open": ('http {\n    log_format x "abc;\n}\n', "nginx.conf:"),
    "includes-itself": ("http {\n    include nginx.conf;\n}\n", "nginx.conf:2: "),
    "control": ("http {\n    \x1b[2J\n}\n", "nginx.conf:2: "),
}


@pytest.mark.parametrize(("text", "place"), CONFIGS.values(), ids=CONFIGS.keys())
def test_a_config_at_fault_is_named_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    run = inspected(tmp_path, text)
    assert (run.status, run.out) == (2, "")
    assert f"{tmp_path}/{place}" in run.sentence


def test_a_config_from_standard_input() -> None:
    text = "http { server { listen 80; location / { proxy_pass http://b; } } }"
    run = run_command("inspect", "--conf", "-", "--path", "/sse", stdin=text)
    assert (run.status, run.err) == (0, "")
    assert "location  /" in run.out


@pytest.mark.parametrize("what", ["directory", "binary"])
def test_what_is_no_config(tmp_path: Path, what: str) -> None:
    source = tmp_path
    if what == "binary":
        source = tmp_path / "nginx.conf"
        source.write_bytes(bytes(range(256)) * 8)
    run = run_command("inspect", "--conf", str(source), "--path", "/sse")
    assert (run.status, run.out) == (2, "")
    assert str(source) in run.sentence


def test_no_such_failure_mode() -> None:
    run = run_command("explain", "no-such\x1b[2J")
    assert run.status == 2
    assert "no such failure mode" in run.sentence

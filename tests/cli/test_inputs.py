"""Wrong usage and unreadable inputs: exit status 2 and one sentence."""

import os
from pathlib import Path

import pytest

from tests.cli.command import CommandResult, run_check, run_command
from tests.cli.test_options import no_wizard
from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.cli import main

LIVE = saying(CHUNKED, chunk(b"data: 1\n\n"), then="open")

INVALID_URLS = {
    "no-scheme": "example.com/sse",
    "blanks": "http://h/s se",
    "control": "http://h/\x1b[2J",
    "port-too-large": "http://h:99999/sse",
    "port-a-word": "http://h:x/sse",
    "empty": "",
}


@pytest.mark.parametrize("url", INVALID_URLS.values(), ids=INVALID_URLS.keys())
def test_an_invalid_url_is_refused(url: str) -> None:
    run = run_command("check", url)
    assert (run.status, run.out) == (2, "")
    assert "not a URL" in run.sentence


async def check_live_stream(*words: str) -> CommandResult:
    """Run `check` on a live stream; it is reported although an input cannot be read."""
    async with serving(LIVE) as url:
        run = await run_check(url, *words)
    assert run.status == 2
    assert "live: first data after" in run.out
    return run


@pytest.mark.parametrize("command", [["check"], []], ids=["check", "wizard"])
@pytest.mark.parametrize("option", ["--conf", "--log"])
@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("missing", "cannot be read: No such file or directory"),
        ("folder", "a directory"),
        ("fifo", "not a regular file"),
    ],
)
def test_an_unreadable_file_is_reported_before_any_request(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    option: str,
    kind: str,
    problem: str,
) -> None:
    path = tmp_path / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    # A request to this port would end in a report.
    assert main([*command, "http://127.0.0.1:1/sse", option, str(path)], open_wizard=no_wizard) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"ssewizard: {option} {path}: {problem}\n")


async def test_a_broken_config_is_reported(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("http {\n    server {\n        listen 80;\n", "utf-8")
    run = await check_live_stream("--conf", str(conf))
    assert f"{conf}:" in run.sentence


async def test_a_missing_output_folder_is_reported_before_any_probe(tmp_path: Path) -> None:
    async with serving(LIVE) as url:
        run = await run_check(url, "-o", str(tmp_path / "none" / "report"))
    assert (run.status, run.out) == (2, "")
    assert "none/report: cannot be written: No such file" in run.sentence


async def test_a_directory_is_refused_as_output(tmp_path: Path) -> None:
    async with serving(LIVE) as url:
        run = await run_check(url, "-o", str(tmp_path))
    assert run.status == 2
    assert "Is a directory" in run.sentence


async def test_a_report_is_written_to_a_file(tmp_path: Path) -> None:
    async with serving(LIVE) as url:
        run = await run_check(url, "-o", str(tmp_path / "report"))
    assert run == CommandResult(0, "", "")
    assert (tmp_path / "report").read_text("utf-8").startswith("HEALTHY  ")


def inspect_text(tmp_path: Path, text: str) -> CommandResult:
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
def test_a_syntax_error_is_reported_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    run = inspect_text(tmp_path, text)
    assert (run.status, run.out) == (2, "")
    assert f"{tmp_path}/{place}" in run.sentence


def test_a_config_is_read_from_standard_input() -> None:
    text = "http { server { listen 80; location / { proxy_pass http://b; } } }"
    run = run_command("inspect", "--conf", "-", "--path", "/sse", stdin=text)
    assert (run.status, run.err) == (0, "")
    assert "location  /" in run.out


@pytest.mark.parametrize("kind", ["directory", "binary"])
def test_a_directory_or_a_binary_file_is_no_config(tmp_path: Path, kind: str) -> None:
    source = tmp_path
    if kind == "binary":
        source = tmp_path / "nginx.conf"
        source.write_bytes(bytes(range(256)) * 8)
    run = run_command("inspect", "--conf", str(source), "--path", "/sse")
    assert (run.status, run.out) == (2, "")
    assert str(source) in run.sentence


def test_an_unknown_failure_mode_is_refused() -> None:
    run = run_command("explain", "no-such\x1b[2J")
    assert run.status == 2
    assert "not a failure mode" in run.sentence

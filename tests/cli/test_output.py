"""Report output: closed pipes, full disks, terminals that are not UTF-8."""

import asyncio
import os
import signal
import subprocess
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, QUICK, run_command
from tests.probe.scripted import serving
from wizard.cli.output import fit_encoding

REFUSED = "http://127.0.0.1:1/sse"


def run_in_shell(*words: str, redirect: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a shell, with the redirection `redirect` after it."""
    line = f'"$@" {redirect}'
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *COMMAND, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )


@pytest.mark.parametrize(
    "words", [("explain",), ("check", REFUSED, *QUICK)], ids=["explain", "check"]
)
def test_a_closed_pipe_ends_quietly(words: tuple[str, ...]) -> None:
    gone, ours = os.pipe()
    os.close(gone)
    with os.fdopen(ours, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, *words], stdout=pipe, stderr=subprocess.PIPE, check=False, timeout=150
        )
    assert done.stderr == b""
    assert done.returncode == 130


@pytest.mark.parametrize(
    "words", [("explain",), ("check", REFUSED, *QUICK)], ids=["explain", "check"]
)
def test_a_closed_standard_output_is_reported(words: tuple[str, ...]) -> None:
    done = run_in_shell(*words, redirect=">&-")
    assert done.returncode == 2
    assert done.stderr == "ssewizard: standard output is closed, and no file was named (-o FILE)\n"


def test_a_closed_standard_error_keeps_the_exit_status() -> None:
    assert run_in_shell("check", "not-a-url", redirect="2>&-").returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk_is_reported() -> None:
    done = run_in_shell("explain", redirect=">/dev/full")
    assert done.returncode == 2
    assert done.stderr == "ssewizard: standard output: cannot be written: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_report_that_cannot_be_written_is_printed() -> None:
    run = run_command("check", REFUSED, *QUICK, "-o", "/dev/full")
    assert run.status == 2
    assert run.out.startswith("INCONCLUSIVE")
    assert "No space left" in run.sentence


def test_a_report_is_ascii_on_an_ascii_terminal() -> None:
    run = run_command("check", REFUSED, *QUICK, env={"PYTHONIOENCODING": "ascii"})
    assert run.status == 3
    assert run.out.isascii()
    assert "Connection refused" in run.out


C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}


def test_columns_are_aligned_in_ascii(tmp_path: Path) -> None:
    """Substitutes must be as wide as the characters that they replace."""
    file = tmp_path / "t.toml"
    file.write_text(f'[[target]]\nname = "{"n" * 99}"\nurl = "{REFUSED}"\nmcp = false\n')
    run = run_command("check", "--targets", str(file), *QUICK, env=C_LOCALE)
    heads, row = run.out.splitlines()[2:4]
    assert run.out.isascii()
    assert row.split()[:4] == [row.split()[0], "inconclusive", "-", "-"]
    assert row.index("inconclusive") == heads.index("verdict")
    assert row.index(" - ") + 1 == heads.index("cause")
    assert len(row) == len(heads)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "– … ▁█ 你"),
        ("cp1252", "– … 07 \\u4f60"),
        ("latin-1", "- ... 07 \\u4f60"),
        ("ascii", "- ... 07 \\u4f60"),
        ("gb18030", "– … ▁█ 你"),
    ],
)
def test_characters_that_the_encoding_lacks_have_substitutes(encoding: str, shown: str) -> None:
    assert fit_encoding("– … ▁█ 你", encoding) == shown


def test_a_file_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    report = tmp_path / "report"
    run_command("check", REFUSED, *QUICK, "-o", str(report), env={"LC_ALL": "C", "PYTHONUTF8": "0"})
    assert "–" in report.read_text("utf-8")


def test_piped_output_has_no_color() -> None:
    assert "\x1b" not in run_command("check", REFUSED, *QUICK, env={"FORCE_COLOR": "1"}).out


async def run_interrupted(*words: str) -> tuple[str, str]:
    """Interrupt a check once the probe's request has come, so nothing depends on time.

    Returns standard output and standard error.
    """
    started: asyncio.Future[asyncio.subprocess.Process] = asyncio.Future()
    signals: list[bool] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process = await started
        if not signals:
            signals.append(True)
            process.send_signal(signal.SIGINT)
        await reader.read()

    async with serving(act) as url:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("check", url, "--stall", "30", *words),
            stdout=PIPE,
            stderr=PIPE,
            # A shell's background job ignores SIGINT, and hands that down.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.set_result(process)
        out, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode == 130
    return out.decode(), err.decode()


async def test_an_interrupted_check_prints_the_report_so_far() -> None:
    out, err = await run_interrupted()
    assert err == "ssewizard: interrupted\n"
    assert out.startswith("INCONCLUSIVE")
    assert "interrupted" in out


async def test_an_interrupted_check_writes_no_metrics() -> None:
    """They would look as fresh as those of a whole run."""
    out, err = await run_interrupted("--format", "prometheus")
    assert out == ""
    assert err == (
        "ssewizard: not all targets were checked, so no metrics are written\n"
        "ssewizard: interrupted\n"
    )

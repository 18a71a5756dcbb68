"""Where the report goes: pipes that close, disks that are full, terminals that are not UTF-8."""

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


def piped(*words: str, close: str) -> "subprocess.CompletedProcess[str]":
    """The command in a shell, with `close` after it: where its output goes."""
    line = f'"$@" {close}'
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
def test_the_reader_has_left(words: tuple[str, ...]) -> None:
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
def test_standard_output_is_closed(words: tuple[str, ...]) -> None:
    done = piped(*words, close=">&-")
    assert done.returncode == 2
    assert done.stderr == "ssewizard: standard output is closed, and no file was named (-o FILE)\n"


def test_nobody_hears_the_complaint() -> None:
    assert piped("check", "not-a-url", close="2>&-").returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_the_disk_is_full() -> None:
    done = piped("explain", close=">/dev/full")
    assert done.returncode == 2
    assert done.stderr == "ssewizard: standard output: cannot be written: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_report_that_cannot_be_kept_is_printed() -> None:
    run = run_command("check", REFUSED, *QUICK, "-o", "/dev/full")
    assert run.status == 2
    assert run.out.startswith("INCONCLUSIVE")
    assert "No space left" in run.sentence


def test_a_terminal_that_is_not_utf8() -> None:
    run = run_command("check", REFUSED, *QUICK, env={"PYTHONIOENCODING": "ascii"})
    assert run.status == 3
    assert run.out.isascii()
    assert "Connection refused" in run.out


C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}


def test_columns_stand_where_there_is_ascii_alone(tmp_path: Path) -> None:
    """What is wider or narrower than it is in UTF-8 would push the columns apart."""
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
def test_what_a_terminal_lacks_has_a_stand_in(encoding: str, shown: str) -> None:
    assert fit_encoding("– … ▁█ 你", encoding) == shown


def test_a_file_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    report = tmp_path / "report"
    run_command("check", REFUSED, *QUICK, "-o", str(report), env={"LC_ALL": "C", "PYTHONUTF8": "0"})
    assert "–" in report.read_text("utf-8")


def test_no_color_where_nobody_looks() -> None:
    assert "\x1b" not in run_command("check", REFUSED, *QUICK, env={"FORCE_COLOR": "1"}).out


async def interrupted(*words: str) -> tuple[str, str]:
    """Standard output and error of a check that is interrupted once the probe's request has come:
    nothing is timed."""
    started: asyncio.Future[asyncio.subprocess.Process] = asyncio.Future()
    interrupted: list[bool] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process = await started
        if not interrupted:
            interrupted.append(True)
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


async def test_interrupted_the_report_so_far_is_printed() -> None:
    out, err = await interrupted()
    assert err == "ssewizard: interrupted\n"
    assert out.startswith("INCONCLUSIVE")
    assert "interrupted" in out


async def test_interrupted_there_are_no_metrics() -> None:
    """They would be as fresh as those of a whole run."""
    out, err = await interrupted("--format", "prometheus")
    assert out == ""
    assert err == (
        "ssewizard: not all was checked, so no metrics are written\nssewizard: interrupted\n"
    )

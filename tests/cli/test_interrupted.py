"""Ctrl-C during a run on many targets: an unfinished target is never reported as healthy."""

import asyncio
import signal
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.cli.command import COMMAND
from tests.cli.target_files import check_command
from tests.probe.scripted import CHUNKED, chunk, saying, serving

LIVE = saying(CHUNKED, chunk(b"data: 1\n\n"), then="open")
ENDPOINT = CHUNKED + chunk(b"event: endpoint\ndata: /messages?session_id=1\n\n")


async def run_interrupted(
    file: Path, *options: str, number: int = signal.SIGINT, background: bool = False
) -> tuple[str, str]:
    """Interrupt a run while the second target's stream is live and its handshake goes on.

    The signal is sent once the POST has come, so nothing depends on time. Returns standard output
    and standard error.
    """
    started: asyncio.Future[asyncio.subprocess.Process] = asyncio.Future()
    posts: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process, head = await started, await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"POST"):
            writer.write(ENDPOINT)
        elif not posts:
            posts.append(head)
            process.send_signal(number)
        await reader.read()

    async with serving(LIVE) as live, serving(act, read_first=False) as held:
        good, stuck = f'url = "{live}"', f'url = "{held}"\nmcp = true'
        words = check_command(file, good=good, stuck=stuck, waits=good, too=good)
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *(*words, "--parallel", "1", "--stall", "30", *options),
            stdout=PIPE,
            stderr=PIPE,
            # A shell's background job ignores SIGINT, and hands that down.
            preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_IGN if background else signal.SIG_DFL
            ),
        )
        started.set_result(process)
        async with asyncio.timeout(150):
            out, err = await process.communicate()
    assert process.returncode == 128 + number
    assert posts
    return out.decode(), err.decode()


@pytest.mark.parametrize(
    ("number", "background"),
    [
        (signal.SIGINT, False),
        (signal.SIGTERM, False),
        (signal.SIGTERM, True),
        (signal.SIGHUP, False),
    ],
)
async def test_the_report_so_far_is_printed(tmp_path: Path, number: int, background: bool) -> None:
    """A target that was live by then is not healthy; one that was not checked has no verdict."""
    out, err = await run_interrupted(tmp_path / "t", number=number, background=background)
    assert err == "ssewizard: interrupted\n"
    head, _, _, *rows = out.splitlines()
    summary = "INCONCLUSIVE  1 inconclusive, 1 healthy; interrupted: 2 of 4 not asked, "
    assert head.startswith(summary)
    assert [row.split()[:2] for row in rows[:2]] == [["good", "healthy"], ["stuck", "inconclusive"]]
    assert [row.split() for row in rows[2:4]] == [
        [name, "not", "asked", "–", "–", "–"] for name in ("waits", "too")
    ]
    not_healthy = " ".join(out.partition("Not healthy\n")[2].split())
    assert not_healthy.startswith("- stuck (http://127.0.0.1:")
    assert "interrupted" in not_healthy
    assert "waits" not in not_healthy


async def test_the_metrics_of_the_run_before_stay(tmp_path: Path) -> None:
    """Alerts notice that they get old; new ones would look complete and resolve alerts."""
    file = tmp_path / "a.prom"
    file.write_text("before")
    out, err = await run_interrupted(tmp_path / "t", "--format", "prometheus", "-o", str(file))
    assert file.read_text() == "before"
    assert (out, err.splitlines()) == (
        "",
        [
            "ssewizard: not all targets were checked, so no metrics are written: "
            f"{file} is unchanged",
            "ssewizard: interrupted",
        ],
    )

"""A run on many targets that is interrupted: what was not seen to its end is not well."""

import asyncio
import signal
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.cli.command import COMMAND
from tests.cli.target_files import check_command
from tests.probe.scripted import CHUNKED, chunk, saying, serving

LIVE = saying(CHUNKED, chunk(b"data: 1\n\n"), then="open")
ENDPOINT = CHUNKED + chunk(b"event: endpoint\ndata: /messages?session_id=1\n\n")


async def cut_short(file: Path, *more: str) -> tuple[str, str]:
    """Standard output and error of a run that is interrupted while the second target's stream is
    live and its handshake goes on: the POST has come, so nothing is timed."""
    started: asyncio.Future[asyncio.subprocess.Process] = asyncio.Future()
    posts: list[bytes] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process, head = await started, await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"POST"):
            writer.write(ENDPOINT)
        elif not posts:
            posts.append(head)
            process.send_signal(signal.SIGINT)
        await reader.read()

    async with serving(LIVE) as live, serving(act, read_first=False) as held:
        good, stuck = f'url = "{live}"', f'url = "{held}"\nmcp = true'
        words = check_command(file, good=good, stuck=stuck, waits=good, too=good)
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *(*words, "--parallel", "1", "--stall", "30", *more),
            stdout=PIPE,
            stderr=PIPE,
            # A shell's background job ignores SIGINT, and hands that down.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.set_result(process)
        async with asyncio.timeout(150):
            out, err = await process.communicate()
    assert process.returncode == 130
    assert posts
    return out.decode(), err.decode()


async def test_interrupted_the_report_so_far_is_printed(tmp_path: Path) -> None:
    """What had been live by then is not healthy, and what was not asked has no verdict."""
    out, err = await cut_short(tmp_path / "t")
    assert err == "ssewizard: interrupted\n"
    head, _, _, *rows = out.splitlines()
    said = "INCONCLUSIVE  1 inconclusive, 1 healthy; interrupted: 2 of 4 not asked, "
    assert head.startswith(said)
    assert [row.split()[:2] for row in rows[:2]] == [["good", "healthy"], ["stuck", "inconclusive"]]
    assert [row.split() for row in rows[2:4]] == [
        [name, "not", "asked", "–", "–", "–"] for name in ("waits", "too")
    ]
    seen = " ".join(out.partition("Not healthy\n")[2].split())
    assert seen.startswith("- stuck (http://127.0.0.1:")
    assert "interrupted" in seen
    assert "waits" not in seen


async def test_interrupted_the_metrics_of_before_stay(tmp_path: Path) -> None:
    """They get old, which an alert sees; new ones would look complete, and resolve alerts."""
    file = tmp_path / "a.prom"
    file.write_text("of before")
    out, err = await cut_short(tmp_path / "t", "--format", "prometheus", "-o", str(file))
    assert file.read_text() == "of before"
    assert (out, err.splitlines()) == (
        "",
        [
            f"ssewizard: not all was checked, so no metrics are written: {file} is unchanged",
            "ssewizard: interrupted",
        ],
    )

"""`check` with logs that must not hang, crash or mislead it."""

from pathlib import Path

import pytest

from tests.hostile.logs import FILES, LINES, Prepare
from tests.hostile.run import assert_well_behaved, run
from wizard.logs.read import LogReader
from wizard.logs.sources import FollowedFile
from wizard.logs.timestamps import HostClock

NOBODY = "http://127.0.0.1:1/sse"
"""A URL at which nothing listens."""
CLOCKS = (HostClock(is_local=True, skew_s=0.0), HostClock(), HostClock(-43_200, False, 1e9, 1e9))


@pytest.mark.parametrize(("prepare", "words"), FILES.values(), ids=FILES.keys())
def test_a_log(prepare: Prepare, words: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    prepare(path)

    ended = run("check", NOBODY, "--log", str(path))

    assert_well_behaved(ended)
    assert ended.status in (2, 3)
    assert words in " ".join((ended.out + ended.err).split())


def test_a_name_of_escapes(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\u202e\n.log"
    path.write_text("x\n")

    ended = run("check", NOBODY, "--log", str(path))

    assert_well_behaved(ended)
    assert "\\e[31m\\u{202e}" in ended.out


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Adak"])
@pytest.mark.parametrize("clock", CLOCKS, ids=["local", "unknown", "far off"])
async def test_any_line(
    clock: HostClock, zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    for number, line in enumerate(LINES):
        path = tmp_path / f"{number}.log"
        path.write_text(f"{line}\n")
        log = FollowedFile(str(path), lambda: 1_790_000_000.0)
        await log.begin()
        with path.open("a") as file:
            file.write(f"{line}\n")
        report = LogReader(log).report("run", ("/sse",), clock)
        assert report.problem == ""
        assert report.read <= line.count("\n") + 1

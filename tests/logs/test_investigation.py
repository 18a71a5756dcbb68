"""The logs in an investigation: begun before its probes, left with it, and never a verdict."""

from dataclasses import replace
from pathlib import Path

import pytest

from screens.app import Wizard
from tests.logs.test_afar import left_running
from tests.nginx_real.serving import serving
from tests.screens import investigations
from wizard.diagnose.diagnose import diagnose
from wizard.investigation import step_results
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx import free_ports
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage

NOWHERE = "http://127.0.0.1:1/sse"


def command(folder: Path, script: str) -> Source:
    """A log that a script of the test prints."""
    path = folder / "logs"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return Source("logs -f", "local", "pod", (str(path), "-f"))


async def test_begun_with_the_first_probe_and_left_at_the_end(tmp_path: Path) -> None:
    place = command(tmp_path, f"echo before; exec tail -f {tmp_path}/logs")
    investigation = Investigation(Target(NOWHERE, logs=(place,), stall=0.1))
    assert not left_running(str(tmp_path))
    await investigation.run("root")
    assert left_running(str(tmp_path))
    await investigation.run("logs")
    (report,) = investigation.case.logs
    assert (report.read, report.history and report.history.lines) == (0, 2 + 1)
    await investigation.close()
    assert not left_running(str(tmp_path))


async def test_a_log_that_is_taken_away_is_left(tmp_path: Path) -> None:
    place = command(tmp_path, f"exec tail -f {tmp_path}/logs")
    investigation = Investigation(Target(NOWHERE, logs=(place,), stall=0.1))
    await investigation.run("root")
    investigation.amend(replace(investigation.target, logs=()))
    await investigation.run("root")
    assert not left_running(str(tmp_path))
    await investigation.close()


async def test_a_failed_log_is_tried_again_with_its_step(tmp_path: Path) -> None:
    place = command(tmp_path, "echo no >&2; exit 1")
    investigation = Investigation(Target(NOWHERE, logs=(place,), stall=0.1))
    await investigation.run("logs")
    assert investigation.steps["logs"].state == "fail"
    command(tmp_path, "echo yes")
    await investigation.run("logs")
    (report,) = investigation.case.logs
    assert (report.problem, report.history is None) == (
        "pod: its command has ended; later lines are missing",
        False,
    )
    await investigation.close()


async def test_our_lines_are_new_and_what_was_there_is_not(nginx: str, tmp_path: Path) -> None:
    log, (port,) = tmp_path / "access.log", free_ports(1)
    log.write_text("", "utf-8")
    target = Target(
        f"http://127.0.0.1:{port}/sse",
        logs=(Source(str(log), "web"), Source(str(log))),
        vantages=(Vantage("web", ("env",)),),
        stall=5.0,
        mcp=False,
    )
    lines = f"access_log {log} combined; return 200 hello;"
    async with serving(nginx, tmp_path, port, lines):
        for _ in range(2):  # the second investigation finds the probes of the first one there
            investigation = Investigation(target)
            await investigation.run("root")
            await investigation.run("proxy")
            await investigation.run("logs")
            await investigation.close()
            remote, here = investigation.case.logs
            assert {line.client for line in remote.lines} == {line.client for line in here.lines}
            assert "sse-proxy h1 identity" in {line.client for line in remote.lines}
            assert (remote.history, here.history) == (None, None)
            assert [one.vantage for one in investigation.case.capabilities] == ["web"]


async def test_the_wizard_leaves_them_when_it_is_left() -> None:
    class Closing(investigations.FakeInvestigation):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    empty = investigations.empty()
    investigation = Closing(empty.case, {})
    async with Wizard(investigation, clock=lambda: investigations.NOW).run_test() as pilot:
        await pilot.pause()
        assert investigation.closed == 0
    assert investigation.closed == 1


@pytest.mark.parametrize("live", [True, False], ids=["healthy", "held"])
def test_what_was_before_decides_nothing(live: bool) -> None:
    known = investigations.case(
        live=live, conf=investigations.FIXED_CONF if live else investigations.CONF
    )
    told = tuple(replace(one, history=investigations.log_history(held=True)) for one in known.logs)
    silent = tuple(replace(one, history=None) for one in known.logs)
    assert step_results.rate_logs(told) == step_results.rate_logs(silent)
    assert diagnose(replace(known, logs=told)) == diagnose(replace(known, logs=silent))

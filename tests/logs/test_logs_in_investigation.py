"""The logs of an investigation: followed from before its probes until it is closed."""

from dataclasses import replace
from pathlib import Path

import pytest

from screens.app import Wizard
from tests.nginx_real.running import running_nginx
from tests.screens import investigations
from tests.tools import processes_naming
from wizard.diagnose.diagnose import diagnose
from wizard.investigation import step_results
from wizard.investigation.investigation import Investigation
from wizard.lab.nginx_process import free_ports
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage

NOWHERE = "http://127.0.0.1:1/sse"


def command(folder: Path, script: str) -> Source:
    """A log that a shell script prints."""
    path = folder / "logs"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return Source("logs -f", "local", "pod", (str(path), "-f"))


async def test_logs_are_followed_from_the_first_probe_to_the_end(tmp_path: Path) -> None:
    source = command(tmp_path, f"echo before; exec tail -f {tmp_path}/logs")
    investigation = Investigation(Target(NOWHERE, logs=(source,), stall=0.1))
    assert not processes_naming(str(tmp_path))
    await investigation.run("root")
    assert processes_naming(str(tmp_path))
    await investigation.run("logs")
    (report,) = investigation.case.logs
    assert (report.read, report.history and report.history.lines) == (0, 2 + 1)
    await investigation.close()
    assert not processes_naming(str(tmp_path))


async def test_a_removed_log_is_not_followed_any_more(tmp_path: Path) -> None:
    source = command(tmp_path, f"exec tail -f {tmp_path}/logs")
    investigation = Investigation(Target(NOWHERE, logs=(source,), stall=0.1))
    await investigation.run("root")
    investigation.amend(replace(investigation.target, logs=()))
    await investigation.run("root")
    assert not processes_naming(str(tmp_path))
    await investigation.close()


async def test_a_failed_log_is_tried_again_with_its_step(tmp_path: Path) -> None:
    source = command(tmp_path, "echo no >&2; exit 1")
    investigation = Investigation(Target(NOWHERE, logs=(source,), stall=0.1))
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


async def test_our_lines_are_new_and_earlier_ones_are_not(nginx: str, tmp_path: Path) -> None:
    log, (port,) = tmp_path / "access.log", free_ports(1)
    log.write_text("", "utf-8")
    target = Target(
        f"http://127.0.0.1:{port}/sse",
        logs=(Source(str(log), "web"), Source(str(log))),
        vantages=(Vantage("web", ("env",)),),
        stall=5.0,
        mcp="never",
    )
    lines = f"access_log {log} combined; return 200 hello;"
    async with running_nginx(nginx, tmp_path, port, lines):
        for _ in range(2):  # the second investigation finds lines of the first one
            investigation = Investigation(target)
            await investigation.run("root")
            await investigation.run("proxy")
            await investigation.run("logs")
            await investigation.close()
            remote, local = investigation.case.logs
            assert {line.client for line in remote.lines} == {line.client for line in local.lines}
            assert "sse-proxy h1 identity" in {line.client for line in remote.lines}
            assert (remote.history, local.history) == (None, None)
            vantages = [found.vantage for found in investigation.case.capabilities]
            assert vantages == ["web"]


async def test_leaving_the_wizard_closes_the_logs() -> None:
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
def test_the_history_does_not_change_rating_or_diagnosis(live: bool) -> None:
    conf = investigations.FIXED_CONF if live else investigations.CONF
    case = investigations.case(live=live, conf=conf)
    history = investigations.log_history(held=True)
    with_history = tuple(replace(report, history=history) for report in case.logs)
    without = tuple(replace(report, history=None) for report in case.logs)
    assert step_results.rate_logs(with_history) == step_results.rate_logs(without)
    assert diagnose(replace(case, logs=with_history)) == diagnose(replace(case, logs=without))

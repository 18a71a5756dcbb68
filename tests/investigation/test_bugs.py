"""An unexpected exception in one part ends that part alone."""

import json
from collections.abc import Iterator

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.cli import main
from wizard.text import bugs

LIVE = saying(CHUNKED, *(chunk(b"data: %d\n\n" % n) for n in range(3)), then="open")


@pytest.fixture(autouse=True)
def confined(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(bugs.STRICT)
    yield
    bugs.reported.clear()


def fail(*_arguments: object, **_options: object) -> None:
    raise ZeroDivisionError("test")


async def run(url: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    import asyncio

    words = ["check", url, "--stall", "2", "--format", "json", *options]
    status = await asyncio.to_thread(main, words, open_wizard=lambda target, apply: 0)
    return status, *capsys.readouterr()


async def test_a_bug_in_a_probe_leaves_the_other_evidence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wizard.probe.probe.decoder_for", fail)
    async with serving(LIVE) as url:
        status, out, err = await run(url, capsys)
    report = json.loads(out)
    assert status == 70
    assert "a bug in the probe sse-proxy h1 identity, please report it: ZeroDivisionError" in err
    assert report["verdict"] == "inconclusive"
    assert report["causes"] == []


async def test_a_bug_in_a_step_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setattr("wizard.investigation.steps.step_results.rate_logs", fail)
    async with serving(LIVE) as url:
        status, out, err = await run(url, capsys, "--log", __file__)
    checks = {check["id"]: check["status"] for check in json.loads(out)["checks"]}
    assert status == 70
    assert "a bug in the step Logs" in err
    assert (checks["sse-proxy"], checks["logs"]) == ("pass", "fail")


async def test_a_bug_in_a_rule_is_no_healthy_stream(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wizard.diagnose.facts.streams.log_lines", fail)
    async with serving(LIVE) as url:
        status, out, err = await run(url, capsys)
    report = json.loads(out)
    assert (status, report["verdict"]) == (70, "inconclusive")
    assert "a bug in the rule" in err


async def test_a_bug_is_raised_in_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bugs.STRICT, "1")
    with pytest.raises(ZeroDivisionError):
        bugs.report_bug("a part", ZeroDivisionError())

"""Whatever is raised, wherever it is: the rest is reported, and the run ends in an ordinary way."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.probe.scripted import CHUNKED, chunk, saying, serving
from wizard.cli import main
from wizard.probe.followups.scheme import OTHER_SCHEME
from wizard.text import bugs

LIVE = saying(CHUNKED, *(chunk(b"data: %d\n\n" % n) for n in range(3)), then="open")


def _decode_nothing() -> UnicodeDecodeError:
    return UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid \x1b[31m")


ERRORS: dict[str, Callable[[], Exception]] = {
    "a-group": lambda: ExceptionGroup("many", [ValueError("first"), OSError("second")]),
    "recursion": RecursionError,
    "memory": MemoryError,
    "unicode": _decode_nothing,
    "escapes": lambda: ValueError("\x1b[2J\u202e a line\nand another"),
    "secret": lambda: KeyError("Authorization: Bearer s3cr3t-t0ken"),
    "stop": StopAsyncIteration,
}
PLACES = {
    "the-outcome": ("wizard.investigation.session.classify", "the outcome of sse-proxy"),
    "the-prediction": ("wizard.investigation.session.predict", "the prediction"),
    "the-logs": ("wizard.logs.watch.LogWatch.begin", "following the logs"),
    "the-end-of-the-logs": ("wizard.logs.watch.LogWatch.close", "leaving the logs"),
    "the-diagnosis": ("wizard.diagnose.diagnose.describe_false_direct", "the diagnosis"),
    "the-recommendation": ("wizard.investigation.investigation.recommend", "the step"),
    "the-handshake": ("wizard.probe.mcp.session._run_with_sibling", "the handshake"),
    "the-steps-result": ("wizard.investigation.steps.step_results.rate_proxied", "the step"),
    "the-case-file": ("wizard.cli.check.record_of", "the case file"),
}


@pytest.fixture(autouse=True)
def confined(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(bugs.STRICT)
    yield
    bugs.reported.clear()


def raising(make: Callable[[], BaseException]) -> Callable[..., Any]:
    def fail(*_arguments: object, **_options: object) -> None:
        raise make()

    return fail


async def check(*words: str) -> int:
    arguments = ["check", *words, "--stall", "2"]
    return await asyncio.to_thread(main, arguments, open_wizard=lambda target, apply: 0)


@pytest.mark.parametrize("kind", ERRORS)
async def test_any_kind_of_error_is_confined_in_one_safe_line(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wizard.probe.probe.decoder_for", raising(ERRORS[kind]))
    async with serving(LIVE) as url:
        status = await check(url, "--format", "json")
    out, err = capsys.readouterr()
    assert (status, json.loads(out)["verdict"]) == (70, "inconclusive")
    assert "a bug in the probe sse-proxy h1 identity" in err
    for text in (out, err):
        assert not {"\x1b", "\u202e"} & set(text)
        assert "s3cr3t-t0ken" not in text
    assert all(line.startswith("ssewizard: a bug in ") for line in err.splitlines())


@pytest.mark.parametrize("place", PLACES)
async def test_a_bug_anywhere_leaves_a_report(
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> None:
    name, part = PLACES[place]
    monkeypatch.setattr(name, raising(ZeroDivisionError))
    async with serving(LIVE) as url:
        status = await check(url, "--format", "json", "--save", f"{tmp_path}/case.json")
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (status, report["verdict"]) != (0, "healthy")
    assert status == 70, err
    assert f"a bug in {part}" in err
    (run, *_) = next(check for check in report["checks"] if check["id"] == "sse-proxy")["runs"]
    assert (run["status"], run["events"]) == (200, 3)


async def test_a_bug_in_a_follow_up_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = replace(OTHER_SCHEME, is_needed=raising(ZeroDivisionError))
    monkeypatch.setattr("wizard.probe.followups.FOLLOW_UPS", (bad,))
    async with serving(LIVE) as url:
        status = await check(url, "--format", "json")
    out, err = capsys.readouterr()
    assert (status, json.loads(out)["checks"][1]["status"]) == (70, "pass")
    assert f"a bug in the follow-up {bad.purpose}" in err


@pytest.mark.parametrize(("format", "expected"), [("text", "live in every probe"), ("junit", "")])
async def test_a_bug_in_the_report_leaves_the_conclusion(
    format: str,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> None:
    file = tmp_path / "report"
    file.write_text("before")
    monkeypatch.setattr("wizard.cli.check.render", raising(RecursionError))
    async with serving(LIVE) as url:
        status = await check(url, "--format", format, "-o", str(file))
    assert status == 70
    assert f"a bug in the report as {format}" in capsys.readouterr().err
    assert expected in file.read_text() if expected else file.read_text() == "before"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (BaseExceptionGroup("x", [SystemExit(3)]), 70, "a bug of this tool"),
        (BaseExceptionGroup("x", [KeyboardInterrupt()]), 130, "interrupted"),
        (ExceptionGroup("x", [MemoryError()]), 70, "MemoryError"),
    ],
)
def test_a_group_ends_a_command_in_one_line(
    error: BaseException,
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.modules["wizard.cli.main"], "_run", raising(lambda: error))
    assert main(["explain"], open_wizard=lambda target, apply: 0) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line

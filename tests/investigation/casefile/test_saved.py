"""`ssewizard open` and `check --save`: the same report and exit status, without the network."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.command import QUICK, run_command
from tests.investigation.casefile.roundtrip import reopened
from tests.screens import investigations
from wizard.cli import main
from wizard.investigation import casefile
from wizard.investigation.investigation import ApplyFix, Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.lab import Lab, scenario_named
from wizard.model.client_request import ClientRequest
from wizard.model.steps import StepId
from wizard.model.target import Target

REFUSED = "http://127.0.0.1:1/sse"


def no_wizard(given: Target | Investigation | None, apply: ApplyFix | None) -> int:
    raise AssertionError("the wizard must not open")


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a case file of the incident; any use of the network fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("opening a case sends nothing")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    path = tmp_path / "case.json"
    casefile.write(path, replace(record_of(investigations.failing()), elapsed_s=12.3))
    return str(path)


def test_a_report_notes_when_the_case_was_recorded(
    stored: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["open", stored, "--format", "json"], open_wizard=no_wizard) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["causes"][0]["id"] == "proxy-buffering-hold"
    assert report["elapsed_s"] == 12.3
    assert report["notes"][0].startswith("As recorded 20")
    assert "no step was run again" in report["notes"][0]


@pytest.mark.parametrize("format", ["text", "markdown", "junit", "prometheus"])
def test_a_case_is_reported_in_every_format(format: str, stored: str, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ["open", stored, "--format", format, "-o", str(out)]
    assert main(words, open_wizard=no_wizard) == 1
    assert out.stat().st_size


def test_a_different_conclusion_than_the_recorded_is_noted(stored: str) -> None:
    record = replace(casefile.read(stored), causes=("cache-replay (likely)",))
    investigation = SavedInvestigation(record)
    assert investigation.diagnosis is not None
    assert investigation.diagnosis.notes[1] == (
        "That version concluded: cache-replay (likely). "
        "This version concludes: proxy-buffering-hold (confirmed)."
    )


@pytest.mark.parametrize("name", ["none.json", "folder"])
def test_an_unreadable_file_is_wrong_usage(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    result = run_command("open", str(tmp_path / name))
    assert result.status == 2
    assert name in result.sentence


def test_a_case_is_read_from_a_pipe_and_with_a_byte_order_mark(stored: str) -> None:
    marked = "\ufeff" + Path(stored).read_text("utf-8")
    assert run_command("open", "-", "--format", "json", stdin=marked).status == 1
    assert run_command("open", "-", stdin="{}").sentence.startswith(
        "ssewizard: standard input: not a case file: "
    )


def test_no_case_is_read_from_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert main(["open", "-"], open_wizard=no_wizard) == 2
    assert "not from a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["-", ""])
def test_a_case_is_only_saved_to_a_file(name: str, tmp_path: Path) -> None:
    result = run_command("check", REFUSED, "--save", name)
    assert result.status == 2
    assert result.sentence.startswith(f"ssewizard: --save {name or 'needs a file name'}")


def test_open_reports_what_check_has_saved(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    checked = run_command("check", REFUSED, *QUICK, "--save", str(path), "--format", "json")
    opened = run_command("open", str(path), "--format", "json")
    saved, current = json.loads(checked.out), json.loads(opened.out)
    assert opened.status == checked.status
    current["notes"] = current["notes"][1:]
    assert current == saved
    assert path.stat().st_mode & 0o077 == 0


def test_an_unwritable_case_file_is_reported_before_any_request(tmp_path: Path) -> None:
    result = run_command("check", REFUSED, "--save", str(tmp_path / "none" / "case.json"))
    assert result.status == 2
    assert "cannot be written" in result.sentence


@pytest.mark.nginx
async def test_steps_of_a_stored_case_can_run_again(nginx: str) -> None:
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        recorded = Investigation(lab.target)
        await recorded.run("root")
        await recorded.run("proxy")
        await recorded.close()
        investigation = reopened(recorded)
        investigation.allow(investigation.unconfirmed)
        for step in ("proxy", "logs", "config", "cause", "fix"):
            await investigation.run(step)
        await investigation.close()
    assert investigation.diagnosis is not None
    assert [cause.id for cause in investigation.diagnosis.causes] == ["proxy-buffering-hold"]
    assert not investigation.is_as_recorded
    assert "run again since: config, logs, proxy" in investigation.diagnosis.notes[0]


async def test_a_step_with_a_withheld_secret_is_skipped() -> None:
    case = investigations.case(live=True)
    target = replace(case.target, url=f"{investigations.URL}?token=abc12Secret99")
    record = replace(record_of(investigations.failing()), case=replace(case, target=target))
    investigation = SavedInvestigation(casefile.load(casefile.dump(record), "case.json"))
    state = await investigation.run("proxy")
    assert (state.state, "holds no secrets" in state.why) == ("skip", True)


@pytest.mark.parametrize("step", ["root", "proxy", "direct", "verify"])
async def test_no_request_is_sent_without_a_withheld_header(step: StepId, stored: str) -> None:
    """Its absence would be diagnosed as a fault of the server."""
    record = casefile.read(stored)
    target = replace(record.case.target, headers=(("Authorization", "[redacted-1]"),))
    investigation = SavedInvestigation(replace(record, case=replace(record.case, target=target)))
    state = await investigation.run(step)
    assert state.state == "skip"
    assert "ssewizard open FILE --header 'Authorization: …'" in state.why
    assert investigation.is_as_recorded
    investigation.give_request(ClientRequest(headers=(("authorization", "Bearer x"),)))
    assert investigation.missing_secret(step) == ""


def test_headers_can_be_set_again(stored: str) -> None:
    record = casefile.read(stored)
    target = replace(record.case.target, headers=(("X-Key", "[redacted-1]"), ("X-B", "b")))
    investigation = SavedInvestigation(replace(record, case=replace(record.case, target=target)))
    assert [name for name, _ in investigation._session.options().headers] == ["X-B"]
    investigation.give_request(ClientRequest(headers=(("x-key", "new"),)))
    assert investigation._session.options().headers == (("X-B", "b"), ("x-key", "new"))
    assert investigation.steps == {step.id: step for step in record.steps}

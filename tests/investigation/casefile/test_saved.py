"""`ssewizard open` and `check --save`: the same words, the same exit status, no network."""

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
from wizard.model.steps import StepId
from wizard.model.target import Target

REFUSED = "http://127.0.0.1:1/sse"


def no_wizard(given: Target | Investigation | None, apply: ApplyFix | None) -> int:
    raise AssertionError("there is no terminal here")


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case file of the incident, on a machine that has no network at all."""

    def no(*_: object, **__: object) -> None:
        raise AssertionError("opening a case asks nobody")

    monkeypatch.setattr(socket, "getaddrinfo", no)
    monkeypatch.setattr(socket.socket, "connect", no)
    path = tmp_path / "case.json"
    casefile.write(path, replace(record_of(investigations.failing()), elapsed_s=12.3))
    return str(path)


def test_a_report_says_that_it_is_of_a_record(
    stored: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["open", stored, "--format", "json"], open_wizard=no_wizard) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["causes"][0]["id"] == "proxy-buffering-hold"
    assert report["elapsed_s"] == 12.3
    assert report["notes"][0].startswith("As recorded 20")
    assert "no step was run again" in report["notes"][0]


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "prometheus"])
def test_every_form_has_it(form: str, stored: str, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ["open", stored, "--format", form, "-o", str(out)]
    assert main(words, open_wizard=no_wizard) == 1
    assert out.stat().st_size


def test_another_conclusion_than_then_is_said(stored: str) -> None:
    record = replace(casefile.read(stored), causes=("cache-replay (likely)",))
    known = SavedInvestigation(record)
    assert known.diagnosis is not None
    assert known.diagnosis.notes[1] == (
        "That version concluded cache-replay (likely); this one proxy-buffering-hold (confirmed)."
    )


@pytest.mark.parametrize("name", ["none.json", "folder"])
def test_an_unreadable_file_is_wrong_usage(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = run_command("open", str(tmp_path / name))
    assert done.status == 2
    assert name in done.sentence


def test_a_case_can_come_through_a_pipe_and_with_a_byte_order_mark(stored: str) -> None:
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
def test_a_case_needs_a_file_of_its_own(name: str, tmp_path: Path) -> None:
    done = run_command("check", REFUSED, "--save", name)
    assert done.status == 2
    assert done.sentence.startswith(f"ssewizard: --save {name or 'names no file'}")


def test_check_saves_what_it_saw_and_open_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    checked = run_command("check", REFUSED, *QUICK, "--save", str(path), "--format", "json")
    opened = run_command("open", str(path), "--format", "json")
    was, now = json.loads(checked.out), json.loads(opened.out)
    assert opened.status == checked.status
    now["notes"] = now["notes"][1:]
    assert now == was
    assert path.stat().st_mode & 0o077 == 0


def test_a_case_that_cannot_be_written_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    done = run_command("check", REFUSED, "--save", str(tmp_path / "none" / "case.json"))
    assert done.status == 2
    assert "cannot be written" in done.sentence


@pytest.mark.nginx
async def test_what_was_stored_can_be_asked_again(nginx: str) -> None:
    async with Lab(scenario_named("incident"), nginx=nginx) as lab:
        first = Investigation(lab.target)
        await first.run("root")
        await first.run("proxy")
        await first.close()
        known = reopened(first)
        for step in ("proxy", "logs", "config", "cause", "fix"):
            await known.run(step)
        await known.close()
    assert known.diagnosis is not None
    assert [one.id for one in known.diagnosis.causes] == ["proxy-buffering-hold"]
    assert not known.is_as_recorded
    assert "run again since: config, logs, proxy" in known.diagnosis.notes[0]


async def test_a_secret_that_is_missing_is_said_and_nothing_is_sent() -> None:
    case = investigations.case(live=True)
    target = replace(case.target, url=f"{investigations.URL}?token=abc12Secret99")
    record = replace(record_of(investigations.failing()), case=replace(case, target=target))
    known = SavedInvestigation(casefile.load(casefile.dump(record), "case.json"))
    state = await known.run("proxy")
    assert (state.state, "holds no secrets" in state.why) == ("skip", True)


@pytest.mark.parametrize("step", ["root", "proxy", "direct", "verify"])
async def test_nothing_is_asked_without_a_header_that_belongs_to_it(
    step: StepId, stored: str
) -> None:
    """The server would be blamed for what the file does not hold."""
    record = casefile.read(stored)
    target = replace(record.case.target, headers=(("Authorization", "[redacted-1]"),))
    known = SavedInvestigation(replace(record, case=replace(record.case, target=target)))
    state = await known.run(step)
    assert state.state == "skip"
    assert "ssewizard open FILE --header 'Authorization: …'" in state.why
    assert known.is_as_recorded
    known.give_headers((("authorization", "Bearer x"),))
    assert known.refusal(step) == ""


def test_headers_are_given_again(stored: str) -> None:
    record = casefile.read(stored)
    target = replace(record.case.target, headers=(("X-Key", "[redacted-1]"), ("X-B", "b")))
    known = SavedInvestigation(replace(record, case=replace(record.case, target=target)))
    assert [name for name, _ in known._session.options().headers] == ["X-B"]
    known.give_headers((("x-key", "new"),))
    assert known._session.options().headers == (("X-B", "b"), ("x-key", "new"))
    assert known.steps == {one.id: one for one in record.steps}

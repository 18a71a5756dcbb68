"""Method and body of the stream's request in a case file: the body is never stored."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.screens import investigations
from wizard.cli import main
from wizard.investigation.casefile import dump, load
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.model.client_request import ClientRequest
from wizard.model.events import SseEvent
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.text.errors import UsageError

KEY = "sk-live-4f9a8b7c6d5e"
BODY = json.dumps({"model": "gpt-4o-mini-2024", "api_key": KEY, "prompt": "my private question"})
REQUEST = Target(
    "https://mcp.example.com/v1/chat",
    direct=(Source("http://10.0.0.7:8000/v1/chat"),),
    method="POST",
    body=BODY.encode(),
    headers=(("Content-Type", "application/json"), ("X-Key", "abcdef123456")),
    http="2",
    repeat=True,
)


def text_of(target: Target, echo: str = "") -> str:
    """The case file of an investigation of this target, whose backend has sent `echo`."""
    record = record_of(investigations.failing())
    direct = record.case.direct[0]
    timeline = replace(direct.timeline, tail=(SseEvent(0.1, "message", echo, ""),))
    results = (replace(direct, timeline=timeline), *record.case.direct[1:])
    return dump(replace(record, case=replace(record.case, target=target, direct=results)))


def opened(target: Target = REQUEST) -> SavedInvestigation:
    return SavedInvestigation(load(text_of(target), "case.json"))


def test_the_request_is_read_as_it_was_saved_without_its_body() -> None:
    target = opened().target
    assert (target.method, target.http, target.repeat) == ("POST", "2", True)
    assert target.body.startswith(b"[redacted-")
    assert target.headers[0] == ("Content-Type", "application/json")
    assert target.headers[1][1].startswith("[redacted-")


def test_nothing_of_a_body_is_stored() -> None:
    text = text_of(REQUEST)
    assert KEY not in text
    assert "private question" not in text


def test_a_secret_of_the_body_is_withheld_where_the_server_repeats_it() -> None:
    text = text_of(REQUEST, f"no such key: {KEY}, model gpt-4o-mini-2024")
    assert KEY not in text
    assert "gpt-4o-mini-2024" in text  # a word of the body that is no secret


def test_bytes_that_are_no_text_are_withheld_too() -> None:
    text = text_of(replace(REQUEST, body=b"\xff\x00\xfebinary-part"))
    assert "binary-part" not in text
    assert load(text, "case.json").case.target.body.startswith(b"[redacted-")


def test_a_case_that_is_saved_again_keeps_its_pseudonym() -> None:
    once = load(text_of(REQUEST), "case.json")
    assert load(dump(once), "case.json").case.target == once.case.target


@pytest.mark.parametrize("step", ["proxy", "direct", "verify"])
async def test_the_request_is_not_sent_without_its_body(step: StepId) -> None:
    investigation = opened(replace(REQUEST, headers=()))
    state = await investigation.run(step)
    assert (state.state, "--data" in state.why) == ("skip", True)
    assert investigation.is_as_recorded
    investigation.give_request(ClientRequest(body=b"{}"))
    assert investigation.missing_secret(step) == ""
    assert investigation.target.body == b"{}"
    assert investigation.target.method == "POST"


def test_the_root_path_is_asked_for_without_the_body() -> None:
    assert opened(replace(REQUEST, headers=())).missing_secret("root") == ""


def test_a_note_says_how_to_give_the_body_again() -> None:
    assert any("--data" in note for note in opened().record.notes)
    assert not any("--data" in note for note in opened(replace(REQUEST, body=b"")).record.notes)


HOSTILE: tuple[dict[str, Any], ...] = (
    {"method": "HEAD"},
    {"method": "post"},
    {"method": "GET\r\nX: y"},
    {"method": ""},
    {"headers": [["A", "b\r\nC: d"]]},
    {"headers": [["A b", "c"]]},
    {"headers": [["é", "c"]]},
    {"headers": [["", "c"]]},
    {"headers": [["A", "\u20ac"]]},
    {"headers": [["Content-Length", "5"]]},
    {"body": "a=1"},
    {"body": "[redacted-1]&delete=all"},
    {"body": "\ud800"},
    {"body": 3},
    {"http": "3"},
    {"repeat": "yes"},
)


@pytest.mark.parametrize("fields", HOSTILE, ids=lambda fields: repr(fields)[:40])
def test_a_request_that_no_case_file_holds_is_refused(fields: dict[str, Any]) -> None:
    whole = json.loads(text_of(REQUEST))
    whole["case"]["target"].update(fields)
    with pytest.raises(UsageError, match=r"^case\.json: not a case file: "):
        load(json.dumps(whole), "case.json")


def test_a_curl_command_gives_headers_and_body_again(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(text_of(REQUEST))
    given: list[object] = []

    def open_wizard(investigation: object, apply: object) -> int:
        given.append(investigation)
        return 0

    command = f"curl {REQUEST.url} -H 'X-Key: again' -H 'Content-Type: a/b' -d '{{}}'"
    with patch("wizard.cli.open.is_terminal", return_value=True):
        assert main(["open", str(path), "--curl", command], open_wizard=open_wizard) == 0
    (investigation,) = given
    assert isinstance(investigation, SavedInvestigation)
    assert investigation.missing_secret("proxy") == ""
    target = investigation.target
    assert (target.method, target.body) == ("POST", b"{}")
    assert {("X-Key", "again"), ("Content-Type", "a/b")} <= set(target.headers)

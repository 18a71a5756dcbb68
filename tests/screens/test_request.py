"""Method and body in the form, a curl command that is pasted, and the question before a POST."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input, Label, Static

from screens.app import Wizard
from screens.send_permission import describe_request, sent_probes
from tests.screens import investigations
from tests.screens.test_keys import press
from wizard.investigation.casefile import dump, load
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.model.steps import STEPS, StepId
from wizard.model.target import Source, Target

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (80, 24)
URL = "https://mcp.example.com/v1/chat"
COMMAND = f"""curl '{URL}' \\
  -H 'accept: text/event-stream' -H 'content-type: application/json' \\
  -H 'authorization: Bearer s3cr3t-one' -b 'sid=s3cr3t-two' \\
  --data-raw '{{"stream": true, "key": "s3cr3t-three"}}' --insecure -L"""
HEADERS = (
    ("Cookie", "sid=s3cr3t-two"),
    ("accept", "text/event-stream"),
    ("content-type", "application/json"),
    ("authorization", "Bearer s3cr3t-one"),
)
POSTED = Target(
    URL,
    headers=HEADERS,
    insecure=True,
    method="POST",
    body=b'{"stream": true, "key": "s3cr3t-three"}',
)


def form(targets: list[Target], last: Target | None = None) -> Wizard:
    def make(target: Target) -> Investigation:
        targets.append(target)
        return investigations.empty()

    return Wizard(None, make=make, last_target=last)


async def paste(pilot: "Pilot[None]", text: str) -> None:
    pilot.app.screen.query_one("#url", Input).post_message(events.Paste(text))
    await pilot.pause()
    await pilot.pause()


def fill_in(pilot: "Pilot[None]", field: str, text: str) -> None:
    pilot.app.screen.query_one(f"#{field}", Input).value = text


def error(pilot: "Pilot[None]", field: str) -> str:
    return str(pilot.app.screen.query_one(f"#{field}-error", Static).render())


def screen_lines(pilot: "Pilot[None]") -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


async def test_a_pasted_command_fills_the_form() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        await paste(pilot, COMMAND)
        assert pilot.app.screen.query_one("#url", Input).value == URL
        assert pilot.app.screen.query_one("#method", Input).value == "POST"
        shown = screen_lines(pilot)
        assert "s3cr3t" not in shown
        assert "the headers Cookie, accept, content-type, authorization" in " ".join(shown.split())
        assert "redirects are not followed" in shown
        await press(pilot, "ctrl+s")
    assert targets == [POSTED]


async def test_fields_go_before_the_command() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        await paste(pilot, COMMAND)
        for field, text in (("method", "put"), ("body", "a=1"), ("header", "Accept: a/b")):
            fill_in(pilot, field, text)
        await press(pilot, "ctrl+s")
    headers = (*(pair for pair in HEADERS if pair[0] != "accept"), ("Accept", "a/b"))
    assert targets == [replace(POSTED, headers=headers, method="PUT", body=b"a=1")]


async def test_a_command_that_was_typed_fills_the_form_too() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        fill_in(pilot, "url", f"curl {URL} -d a=1")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one("#url", Input).value == URL
        await press(pilot, "ctrl+s")
    assert (targets[0].method, targets[0].body) == ("POST", b"a=1")


async def test_a_deleted_url_drops_the_command() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        await paste(pilot, COMMAND)
        fill_in(pilot, "url", "")
        await pilot.pause()
        fill_in(pilot, "url", "https://other.example.com/sse")
        await press(pilot, "ctrl+s")
    assert targets == [Target("https://other.example.com/sse")]


async def test_an_ordinary_paste_is_one_line_of_a_url() -> None:
    async with form([]).run_test(size=SIZE) as pilot:
        await paste(pilot, f"{URL}\nmore")
        assert pilot.app.screen.query_one("#url", Input).value == URL


@pytest.mark.parametrize(
    ("command", "field", "problem"),
    [
        ("curl 'https://h", "url", "a quote is not closed"),
        ("curl -I https://h/", "method", "HEAD is never sent"),
        ("curl https://h/ -d @b.json", "body", "its body is in the file b.json"),
    ],
)
async def test_a_command_that_cannot_be_sent_shows_why(
    command: str, field: str, problem: str
) -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        await paste(pilot, command)
        if field != "url":
            await press(pilot, "ctrl+s")
        assert problem in error(pilot, field)
        assert targets == []


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        ("method", "HEAD", "HEAD is never sent"),
        ("method", "a b", "not a method"),
        ("body", "@/none", "/none: cannot be read"),
        ("body", "-", "standard input cannot be read here"),
    ],
)
async def test_a_wrong_method_or_body_shows_why(field: str, text: str, problem: str) -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        fill_in(pilot, "url", URL)
        fill_in(pilot, field, text)
        await press(pilot, "ctrl+s")
        assert problem in error(pilot, field)
    assert targets == []


async def test_http_2_of_a_command_contradicts_another_url() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=SIZE) as pilot:
        await paste(pilot, f"curl {URL} --http2")
        fill_in(pilot, "url", "http://h/sse")
        await press(pilot, "ctrl+s")
        assert "needs an https:// URL" in error(pilot, "url")
    assert targets == []


async def test_a_body_with_a_secret_is_not_shown() -> None:
    async with form([]).run_test(size=SIZE) as pilot:
        fill_in(pilot, "body", '{"stream": true}')
        await pilot.pause()
        assert '"stream"' in screen_lines(pilot)
        fill_in(pilot, "body", '{"api_key": "s3cr3t-key"}')
        await pilot.pause()
        assert "s3cr3t" not in screen_lines(pilot)


async def test_the_body_of_the_last_case_must_be_given_again() -> None:
    targets: list[Target] = []
    last = Target(URL, method="PUT", body=b"[redacted-1]")
    async with form(targets, last).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+l", "ctrl+s")
        assert "was not kept" in error(pilot, "body")
        fill_in(pilot, "body", "x")
        await press(pilot, "ctrl+s")
    assert (targets[0].method, targets[0].body) == ("PUT", b"x")


async def test_all_fields_can_be_seen_at_80_by_24() -> None:
    async with form([], Target(URL)).run_test(size=SIZE) as pilot:
        height = pilot.app.screen.query_one("#body", Input).region.bottom
        assert height < SIZE[1]


DIRECT = "http://10.0.0.7:8000/v1/chat"
ONCE = Target(URL, direct=(Source(DIRECT),), method="POST", body=b"{}")
SENT = investigations.case(live=True)
UNSENT = replace(SENT, target=ONCE, proxy=(), direct=(), hops=())


def posting(target: Target = ONCE) -> investigations.FakeInvestigation:
    return investigations.FakeInvestigation(replace(UNSENT, target=target), {})


def label(pilot: "Pilot[None]") -> str:
    return " ".join(str(pilot.app.screen.query_one("#prompt-label", Label).render()).split())


async def test_a_post_is_sent_only_after_the_question() -> None:
    investigation = posting()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        assert investigation.ran == []
        await press(pilot, "1", "enter")  # the root path is asked for with GET
        assert investigation.ran == ["root"]
        for answer in ("", "n", "yy"):
            await press(pilot, "2", "enter", *answer, "enter")
            assert investigation.ran == ["root"]
        await press(pilot, "2", "enter")
        assert f"POST {URL}, with a body of 2 bytes, is sent once through the proxy" in label(pilot)
        assert f"and once direct, to {DIRECT}" in label(pilot)
        await press(pilot, "y", "enter")
        assert investigation.ran == ["root", "proxy"]


async def test_all_steps_wait_for_the_answer() -> None:
    investigation = posting()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "a", "escape")
        assert investigation.ran == []
        await press(pilot, "a", "y", "enter")
        assert investigation.ran[:2] == ["root", "proxy"]


async def test_the_proof_asks_again_and_a_get_never() -> None:
    investigation = posting()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "8", "enter", "y", "enter", "r")
        assert investigation.ran == ["verify"]
        assert "is sent once through the proxy" in label(pilot)
    investigation = posting(Target(URL))
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "enter")
        assert investigation.ran == ["proxy"]


async def test_a_request_that_may_be_repeated_is_asked_for_once() -> None:
    investigation = posting(replace(ONCE, repeat=True))
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "enter")
        assert "at least once through the proxy" in label(pilot)
        await press(pilot, "y", "enter", "r", "8", "enter")
        assert investigation.ran == ["proxy", "proxy", "verify"]


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        (["root"], []),
        (["logs", "config", "cause", "fix"], []),
        (["proxy"], ["sse-proxy", "sse-direct"]),
        (["direct"], ["sse-direct"]),
        (["verify"], ["sse-proxy", "sse-direct"]),
        (STEPS, ["sse-proxy", "sse-direct"]),
    ],
)
def test_the_question_names_what_the_steps_send(steps: list[StepId], names: list[str]) -> None:
    probes = sent_probes(posting(), steps)
    assert [probe.name for probe in probes] == names


def test_a_direct_request_that_was_sent_is_not_announced_again() -> None:
    (probe,) = sent_probes(posting(), ["direct"])
    result = SENT.direct[0]
    done = replace(result, timeline=replace(result.timeline, probe=probe))
    case = replace(UNSENT, direct=(done,))
    investigation = investigations.FakeInvestigation(case, {})
    assert sent_probes(investigation, ["direct"]) == ()
    assert "direct" not in describe_request(ONCE, sent_probes(investigation, ["verify"]))


async def test_nothing_is_asked_where_the_case_lacks_the_body() -> None:
    record = record_of(investigations.failing())
    target = replace(record.case.target, method="POST", body=b"x")
    record = replace(record, case=replace(record.case, target=target))
    investigation = SavedInvestigation(load(dump(record), "case.json"))
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "r")
        assert "without its body" in screen_lines(pilot)
    assert investigation.steps["proxy"].state == "skip"

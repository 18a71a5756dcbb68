"""The form's offer to look which path streams, where the URL has none."""

import pytest
from textual.widgets._footer import FooterKey

from tests.screens.test_keys import press
from tests.screens.test_request import error, fill_in, form
from wizard.model.target import Target
from wizard.probe import path_search
from wizard.probe.path_search import PathAnswer

BASE = "https://mcp.example.com"
SSE, MCP = f"{BASE}/sse", f"{BASE}/mcp"
STREAM = "text/event-stream"


def answering(monkeypatch: pytest.MonkeyPatch, *answers: PathAnswer) -> list[Target]:
    """Let both paths answer so; returns the targets that were asked for."""
    asked = list[Target]()

    async def ask(target: Target) -> tuple[PathAnswer, ...]:
        asked.append(target)
        return answers

    monkeypatch.setattr(path_search, "ask_usual_paths", ask)
    return asked


@pytest.mark.parametrize(
    ("streams", "url", "sentence"),
    [
        ((True, False), SSE, "This URL streams."),
        ((False, True), MCP, "This URL streams."),
        ((False, False), BASE, "Neither streams."),
        ((True, True), BASE, "Both stream: which one hangs?"),
    ],
)
async def test_ctrl_g_takes_the_only_path_that_streams(
    streams: tuple[bool, bool], url: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        PathAnswer(each, STREAM if is_stream else "HTTP 404, text/html", is_stream)
        for each, is_stream in zip((SSE, MCP), streams, strict=True)
    ]
    asked, targets = answering(monkeypatch, *answers), list[Target]()
    async with form(targets).run_test(size=(80, 24)) as pilot:
        fill_in(pilot, "url", BASE)
        fill_in(pilot, "header", "Authorization: Bearer x")
        await pilot.pause()
        assert not asked, "nothing is sent before the user says so"
        await press(pilot, "ctrl+g")
        assert [target.url for target in asked] == [BASE]
        assert asked[0].headers == (("Authorization", "Bearer x"),)
        shown = error(pilot, "url")
        assert sentence in shown
        assert all(f"{each.url}: {each.answer}" in shown for each in answers)
        await press(pilot, "ctrl+s", "ctrl+s", "ctrl+s")
        assert [target.url for target in targets] == [url]


@pytest.mark.parametrize(
    ("url", "method", "is_offered"),
    [
        (BASE, "", True),
        (f"{BASE}/", "", True),
        (SSE, "", False),
        (BASE, "POST", False),
        ("wss://mcp.example.com", "", False),
        ("mcp", "", False),
        ("", "", False),
    ],
)
async def test_only_a_get_of_a_url_without_a_path_is_offered(
    url: str, method: str, is_offered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, PathAnswer(SSE, STREAM, is_stream=True))
    async with form([]).run_test(size=(80, 24)) as pilot:
        fill_in(pilot, "url", url)
        fill_in(pilot, "method", method)
        await pilot.pause()
        await pilot.pause()
        keys = [each.action for each in pilot.app.screen.query(FooterKey)]
        assert ("look" in keys) is is_offered
        await press(pilot, "ctrl+g")
        assert bool(asked) is is_offered

"""Answers that cannot be read, seen by each tool at a vantage."""

from pathlib import Path

import pytest

from tests.probe.scripted import HEAD, saying, serving
from tests.vantage.remote import prefix_with_only, vantage_session
from wizard.diagnose.outcome import classify
from wizard.model.probe import Probe
from wizard.model.probe_result import Outcome, ProbeResult
from wizard.probe.followups.followup import probe_first_event
from wizard.probe.request import ProbeOptions

INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
ANSWERS: dict[str, tuple[bytes, str, Outcome]] = {
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1\r\n", "close", "not-http"),
    "ssh-that-waits": (b"SSH-2.0-OpenSSH_9.2p1\r\n", "open", "not-http"),
    "bad-header": (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "close", "not-http"),
    "headers-that-stop": (HEAD + b"X-Later: ", "open", "partial-head"),
    "interim-alone": (INTERIM * 2, "open", "only-interim"),
    "no-gzip": (HEAD + b"Content-Encoding: gzip\r\n\r\ndata: 1\n\n", "open", "undecodable"),
}


async def ask(tool: str, name: str, folder: Path) -> ProbeResult:
    answer, then, _ = ANSWERS[name]
    session = vantage_session(prefix_with_only(tool, folder))
    options = ProbeOptions(vantage_sessions={"web": session})
    async with serving(saying(answer, then=then)) as url:
        probe = Probe("sse-direct", url, vantage="web")
        return classify(await probe_first_event(probe, options, 0.5))


@pytest.mark.parametrize("name", ANSWERS)
async def test_each_answer_has_its_own_words(name: str, tmp_path: Path) -> None:
    result = await ask("python3", name, tmp_path)
    assert result.outcome == ANSWERS[name][2], result.why


@pytest.mark.parametrize("tool", ["curl", "bash", "nc", "busybox nc"])
@pytest.mark.parametrize("name", ["ssh", "headers-that-stop"])
async def test_each_tool_that_shows_the_bytes_tells(tool: str, name: str, tmp_path: Path) -> None:
    result = await ask(tool, name, tmp_path)
    assert result.outcome == ANSWERS[name][2], result.why


@pytest.mark.parametrize("tool", ["wget", "busybox wget"])
async def test_wget_tells_what_cannot_be_decoded(tool: str, tmp_path: Path) -> None:
    result = await ask(tool, "no-gzip", tmp_path)
    assert result.outcome == "undecodable", result.why

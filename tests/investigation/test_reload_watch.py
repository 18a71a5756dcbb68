"""The wait for a reload: one request at a time, until a fresh connection shows a change."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.probe.scripted import CHUNKED, HEAD, Act, chunk, saying, serving
from tests.rules.samples.build import make_post_case
from wizard.diagnose.outcome import classify
from wizard.investigation.reload_watch import (
    PAUSES_S,
    RELOAD_S,
    failing_handshake,
    failing_probe,
    wait_for_reload,
)
from wizard.investigation.session import Session
from wizard.model.attempt import Attempt
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Finding, Fix
from wizard.model.events import Connected, Ended, Headers, ProbeEvent, Resolved
from wizard.model.handshake import Handshake
from wizard.model.probe import Probe
from wizard.model.reload_wait import ReloadWait
from wizard.model.target import Target
from wizard.model.timeline import Timeline

LIVE = saying(CHUNKED, chunk(b"data: 1\n\n"))
CONNECTED = (Resolved(0.0, "127.0.0.1"), Connected(0.001))
HELD: tuple[ProbeEvent, ...] = (*CONNECTED, Ended(2.0, "open"))


def session_after(url: str, *events: ProbeEvent, target: Target | None = None) -> Session:
    """A session whose proxied probe saw these events, with a clock that stands."""
    target = target or Target(url, stall=1.0)
    timeline = Timeline(Probe("sse-proxy", url)).fold(events)
    stored = Case(target, proxy=(classify(timeline),))
    return Session(target, lambda: 0.0, stored)


def answers(*states: bool | None) -> Callable[[], Awaitable[bool | None]]:
    """Whether the config has changed, one answer after the other."""
    left = list(states)

    async def has_changed() -> bool | None:
        return left.pop(0) if len(left) > 1 else left[0]

    return has_changed


async def test_a_stream_that_is_live_now_ends_the_wait_at_once() -> None:
    async with serving(LIVE) as url:
        session, pauses = session_after(url, *HELD), list[float]()

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        seen = await wait_for_reload(session, answers(None), pause)

    assert seen is None, "it may have been so for long"
    assert pauses == []
    assert session.reload_wait is None


async def test_it_backs_off_and_says_what_is_known_until_the_answer_changes() -> None:
    """Eight answers with 502, then a stream."""
    bad = HEAD.replace(b"200 OK", b"502 Bad Gateway") + b"Content-Length: 0\r\n\r\n"
    requests, seen, pauses = list[int](), list[ReloadWait](), list[float]()

    async def act(*args: object) -> None:
        requests.append(1)
        now: Act = saying(bad) if len(requests) <= 8 else LIVE
        await now(*args)  # type: ignore[arg-type]

    async with serving(act) as url:
        session = session_after(url, *CONNECTED, Headers(0.1, 502, "1.1", ()), Ended(0.1, "eof"))

        async def pause(seconds: float) -> None:
            assert session.reload_wait is not None
            seen.append(session.reload_wait)
            pauses.append(seconds)

        since = time.time()
        changed_at = await wait_for_reload(session, answers(False, False, True), pause)

    assert changed_at is not None
    assert since <= changed_at <= time.time()
    assert pauses == [*PAUSES_S, 10.0, 10.0]
    assert [wait.requests for wait in seen] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert seen[0].text == "the config has not changed yet, asked once"
    assert seen[-1].text.startswith("the config has changed: waiting for the reload")
    assert len(requests) == 9


async def test_the_wait_ends_after_its_longest_time() -> None:
    times = iter(range(0, 10_000, 100))

    async def never(*_: object) -> None:
        return

    async with serving(saying()) as url:
        session = session_after(url, *HELD)
        session.clock = lambda: float(next(times))
        await wait_for_reload(session, answers(None), never)

    assert session.reload_wait is None


@pytest.mark.parametrize(
    "events",
    [
        (*CONNECTED, Headers(0.1, 200, "1.1", ()), Ended(60.0, "reset", "cut")),
        (),
    ],
)
async def test_a_fault_that_shows_late_is_not_waited_for(events: tuple[ProbeEvent, ...]) -> None:
    session = session_after("http://127.0.0.1:9/sse", *events)
    if events:
        session = Session(session.target, session.clock, _as_cut(session))

    await wait_for_reload(session, answers(None))

    assert failing_probe(session.snapshot()) is None


def _with_failing_messages(*causes: str) -> Case:
    """The stream is live on both sides, and the POST fails through the proxy alone."""
    conf = "server { listen 8081; location /sse { proxy_pass http://127.0.0.1:12213; } }"
    return _blamed_for(make_post_case(conf, 404), *causes)


def _blamed_for(case: Case, *causes: str) -> Case:
    findings = tuple(
        Finding(id, id, "confirmed", (), Fix("", "nginx"), "", False, frozenset()) for id in causes
    )
    diagnosis = Diagnosis("fault", "", findings, (), ())
    return replace(case, baseline=Attempt(diagnosis=diagnosis))


async def test_a_handshake_is_done_again_until_it_ends_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = _with_failing_messages("message-path-unrouted")
    failing, direct = case.handshakes
    answers_left = [failing, failing, replace(direct, side="proxy")]
    pauses = list[float]()

    async def run(_case: Case, _options: object, only: str) -> tuple[Handshake, ...]:
        assert only == "proxy", "the backend is not asked again"
        return (answers_left.pop(0),)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("wizard.investigation.reload_watch.run_handshakes", run)
    session = Session(case.target, lambda: 0.0, case)
    await wait_for_reload(session, answers(False), pause)

    assert pauses == list(PAUSES_S[:2])
    assert answers_left == []


async def test_for_a_fault_that_no_short_request_shows_the_config_is_waited_for() -> None:
    cut = _as_cut(session_after("http://127.0.0.1:9/sse", *HELD))
    session, pauses = Session(cut.target, lambda: 0.0, _blamed_for(cut, "idle")), list[float]()
    seen = list[str]()

    async def pause(seconds: float) -> None:
        assert session.reload_wait is not None
        seen.append(session.reload_wait.text)
        pauses.append(seconds)

    await wait_for_reload(session, answers(False, False, True), pause)

    assert pauses == [*PAUSES_S[:2], RELOAD_S]
    assert seen[0] == "the config has not changed yet"
    assert seen[-1] == "the config has changed: waiting for the reload of Nginx"


async def test_a_handshake_that_fails_by_chance_is_not_waited_for() -> None:
    assert failing_handshake(_with_failing_messages("message-path-unrouted")) is not None
    assert failing_handshake(_with_failing_messages("no-affinity")) is None


def _as_cut(session: Session) -> Case:
    case = session.snapshot()
    stream = (("content-type", "text/event-stream"),)
    timeline = Timeline(case.proxy[0].timeline.probe).fold(
        [*CONNECTED, Headers(0.1, 200, "1.1", stream), Ended(60.0, "reset", "cut")]
    )
    return replace(case, proxy=(classify(timeline),))


def test_a_request_that_is_sent_once_is_not_sent_while_waiting() -> None:
    target = Target("http://127.0.0.1:9/chat", method="POST", body=b"{}")
    session = session_after(target.url, *HELD, target=target)

    assert failing_probe(session.snapshot()) is None


@pytest.mark.parametrize(("direct", "is_waited_for"), [(405, False), (200, True), (404, True)])
def test_a_get_that_the_server_itself_refuses_shows_no_fault(
    direct: int, is_waited_for: bool
) -> None:
    """The fault is that of the messages: no other answer to this GET will ever come."""

    def answered(name: str, status: int) -> Timeline:
        events = (*CONNECTED, Headers(0.1, status, "1.1", ()), Ended(0.2, "eof"))
        return Timeline(Probe(name, "http://127.0.0.1:9/mcp")).fold(events)

    case = Case(
        Target("http://127.0.0.1:9/mcp"),
        proxy=(classify(answered("sse-proxy", 405)),),
        direct=(classify(answered("sse-direct", direct)),),
    )
    assert (failing_probe(case) is not None) == is_waited_for


async def test_the_user_may_end_the_wait() -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async with serving(never) as url:
        session = session_after(url, *HELD, target=Target(url, stall=0.1))
        asked = list[bool]()

        async def has_changed() -> bool:
            asked.append(True)
            session.proves_now.set()
            return False

        assert await wait_for_reload(session, has_changed) is None
    assert len(asked) == 1
    assert session.reload_wait is None

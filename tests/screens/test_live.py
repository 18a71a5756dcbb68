"""The live pane: what it shows, what its keys do, and when streams are open."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from screens.app import Wizard
from screens.live import pane as pane_module
from screens.live import streams as streams_module
from screens.live.buffer import MAX_BYTES, MAX_ENTRIES, EventBuffer
from screens.live.event_page import EventPage
from screens.live.pane import LivePane
from screens.live.streams import LiveStreams, may_show_more
from screens.widgets.header import Header
from screens.widgets.lines import Lines
from screens.widgets.panel import Panel
from tests.screens import investigations
from tests.screens.test_keys import SIZE, press, steps_screen
from wizard.model.events import Chunk, Ended, Headers, ProbeEvent, SseEvent
from wizard.model.probe import Probe
from wizard.model.steps import StepState
from wizard.model.timeline import Timeline

Batch = tuple[ProbeEvent, ...]
HEAD = Headers(0.01, 200, "1.1", (("content-type", "text/event-stream"),))


class Script:
    """A source of streams whose events the test sends.

    Attributes:
        opened: The name of each probe that was asked for.
        open: The names of those that are open.
    """

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.open: set[str] = set()
        self.queues: dict[str, asyncio.Queue[Batch]] = {}

    async def __call__(self, probe: Probe) -> AsyncGenerator[Batch, None]:
        """Yield what the test sends."""
        queue = self.queues[probe.name] = asyncio.Queue()
        self.opened.append(probe.name)
        self.open.add(probe.name)
        try:
            while True:
                batch = await queue.get()
                yield batch
                if isinstance(batch[-1], Ended):
                    return
        finally:
            self.open.discard(probe.name)

    def send(self, name: str, *events: ProbeEvent) -> None:
        """Send these events as one arrival."""
        self.queues[name].put_nowait(events)


@pytest.fixture(autouse=True)
def no_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open streams at once."""
    monkeypatch.setattr(pane_module, "LINGER_S", 0.001)


def event(number: int, data: str = "", type: str = "message") -> SseEvent:
    """An event that comes that many tenths of a second after the request."""
    return SseEvent(number / 10, type, data or f'{{"n":{number}}}', "")


def live_pane(pilot: "Pilot[None]") -> LivePane:
    """The pane, drawn as it is now."""
    pane = steps_screen(pilot).query_one(LivePane)
    pane._draw()
    return pane


async def until(pilot: "Pilot[None]", condition: Callable[[], bool]) -> None:
    """Let the app work until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause()


def watched() -> tuple[investigations.FakeInvestigation, Script]:
    """The incident, with a script of what comes once the streams are asked for again."""
    investigation, script = investigations.failing(), Script()
    investigation.script = script
    return investigation, script


async def opened(pilot: "Pilot[None]", script: Script, step: str = "2") -> None:
    """Go to a step and wait until both streams are open."""
    await pilot.press(step)
    await until(pilot, lambda: len(script.open) == 2)


async def test_what_a_step_measured_is_one_list_in_one_time() -> None:
    async with Wizard(investigations.healthy()).run_test(size=(80, 33)) as pilot:
        await press(pilot, "2")
        shown = live_pane(pilot).text.splitlines()
        events = [row for row in shown if "message {}" in row]
        assert [row.split()[:2] for row in events[:4]] == [
            ["proxy", "+0.50"], ["direct", "+0.50"], ["proxy", "+1.00"], ["direct", "+1.00"],
        ]  # fmt: skip
        assert "direct  +0.02 200 text/event-stream, chunked" in live_pane(pilot).text
        assert shown[-1].startswith("direct 3 events in 2.0 s")
        assert shown[-1].rstrip().endswith(" 500 ms, max 500 ms")


async def test_a_held_side_is_counted_while_the_step_runs() -> None:
    async with Wizard(investigations.running("proxy"), clock=lambda: investigations.NOW).run_test(
        size=SIZE
    ) as pilot:
        await press(pilot, "2")
        text = live_pane(pilot).text
        assert "proxy  nothing for 1.2 s" in text
        assert "message {}" in text


async def test_streams_are_open_while_the_user_stays_and_closed_when_they_leave() -> None:
    investigation, script = watched()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        script.send("sse-direct", HEAD, Chunk(0.1, 9, 9), event(1), event(54))
        await until(pilot, lambda: "+5.40" in live_pane(pilot).text)
        assert "direct  +5.40 after 5.3 s message" in live_pane(pilot).text
        assert "proxy  nothing for" in live_pane(pilot).text
        await pilot.press("4")
        await until(pilot, lambda: not script.open)
        await opened(pilot, script, "8")
        assert len(script.opened) == 4
    assert not script.open


async def test_live_events_change_neither_the_case_nor_the_diagnosis() -> None:
    investigation, script = watched()
    case, diagnosis = investigation.case, investigation.diagnosis
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        script.send("sse-proxy", HEAD, event(1))
        await until(pilot, lambda: 'proxy   +0.10 message {"n":1}' in live_pane(pilot).text)
        assert (investigation.case, investigation.diagnosis) == (case, diagnosis)


async def test_no_stream_is_open_while_a_step_runs() -> None:
    investigation, script = watched()
    open_while_running = []
    run = investigation.run

    async def noted(step: object, patience_s: float = 0.0) -> StepState:
        open_while_running.append(set(script.open))
        return await run("proxy", patience_s)

    investigation.run = noted  # type: ignore[method-assign]
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        await press(pilot, "r")
        assert open_while_running == [set()]
        await until(pilot, lambda: len(script.open) == 2)


async def test_another_probe_takes_the_place_of_the_open_one() -> None:
    investigation, script = watched()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        script.send("sse-direct", HEAD, event(54))
        await until(pilot, lambda: "+5.40" in live_pane(pilot).text)
        await pilot.press("v", "v")
        await until(pilot, lambda: len(script.opened) >= 4 and len(script.open) == 2)
        assert "+5.40" not in live_pane(pilot).text
        assert "closed," not in live_pane(pilot).text


async def test_nothing_is_opened_without_leave() -> None:
    investigation, script = watched()
    investigation.script = None
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "o", "3")
        assert not script.opened
        assert "Live" in (live_pane(pilot).border_title or "")


async def test_a_cut_is_marked_and_o_opens_again() -> None:
    investigation, script = watched()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        script.send("sse-proxy", HEAD, event(1), Ended(60.0, "reset", "incomplete chunked read"))
        await until(pilot, lambda: "✗ cut after 60.00 s" in live_pane(pilot).text)
        script.send("sse-direct", HEAD, Ended(1.0, "eof"))
        await until(pilot, lambda: "■ ended by the server after 1.00 s" in live_pane(pilot).text)
        assert not live_pane(pilot).streams.is_open
        await pilot.press("o")
        await until(pilot, lambda: len(script.open) == 2)


async def test_a_live_stream_that_is_cut_alone_speaks_against_a_healthy_one() -> None:
    """It is no evidence yet: `l` makes it one, by watching both past that age."""
    investigation, script, now = investigations.healthy(), Script(), [0.0]
    investigation.script = script
    async with Wizard(investigation, clock=lambda: now[0]).run_test(size=SIZE) as pilot:
        screen = steps_screen(pilot)
        await opened(pilot, script)
        assert "HEALTHY" in screen.query_one(Header).text
        script.send("sse-direct", HEAD, event(1))
        script.send("sse-proxy", HEAD, event(1), Ended(10.0, "reset", "incomplete"))
        await until(pilot, lambda: "cut after 10.00 s" in live_pane(pilot).text)
        now[0] = 12.0
        await until(pilot, lambda: "INCONCLUSIVE" in screen.query_one(Header).text)
        hint = " ".join(screen.query_one("#first", Panel).text.split())
        assert "l watches both for 15 s" in hint
        assert screen.longer_s() == 15.0
        script.send("sse-direct", Ended(12.0, "eof"))
        await until(pilot, lambda: "HEALTHY" in screen.query_one(Header).text)


async def test_the_streams_are_left_after_their_time() -> None:
    left, script = list[str](), Script()
    streams = LiveStreams(lambda side, batch: None, lambda side, why: left.append(f"{side} {why}"))
    streams.begin({"direct": Probe("sse-direct", "http://192.0.2.1/")}, script)
    await asyncio.sleep(0)
    streams._timeouts["direct"].reschedule(0.0)
    async with asyncio.timeout(10):
        await asyncio.gather(*streams._tasks.values())
    assert left == ["direct closed, the time is up: o opens it again"]
    assert not script.open


async def test_an_event_is_chosen_and_opened_in_full() -> None:
    investigation, script = watched()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        secret = '{"a":{"b":[1.10,true]},"t":"\\u001b[31m","password":"hunter2x"}'
        script.send("sse-direct", HEAD, event(1, secret), event(2), event(3, "\x1b[31mred\u202e"))
        await until(pilot, lambda: "+0.30" in live_pane(pilot).text)
        assert r"\e[31mred\u{202e}" in live_pane(pilot).text
        await pilot.press("tab", "tab", "up", "up", "up", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventPage))
        page = str(pilot.app.screen.query_one(Static).render())
        assert '\n    "b": [\n      1.10,\n      true\n    ]' in page
        assert "hunter2x" not in page
        await pilot.press("escape")
        assert steps_screen(pilot).step == "proxy"


async def test_the_list_is_held_still_scrolled_filtered_and_searched() -> None:
    investigation, script = watched()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        pane = live_pane(pilot)
        pane.focus()
        events = [event(n, type="tick" if n % 2 else "tock") for n in range(100)]
        script.send("sse-direct", HEAD, *events)
        await until(pilot, lambda: "+9.90" in live_pane(pilot).text)
        await pilot.press("space")
        script.send("sse-direct", event(100))
        await until(pilot, lambda: "1 newer" in str(live_pane(pilot).border_title))
        assert "+10.00" not in pane.text
        await pilot.press("space")
        assert "+10.00" in pane.text
        await pilot.press("pageup", "pageup")
        assert "+9.90" not in pane.text
        await pilot.press("g")
        assert pane._selected == 0
        await pilot.press("G")
        while pane._type != "tick":
            await pilot.press("f")
        assert {entry.type for entry in pane.window(5)} == {"tick"}
        await pilot.press("slash", *'"n":3', "enter")
        await until(pilot, lambda: pane._query == '"n":3')
        first = pane._current()
        await pilot.press("N")
        assert pane._current() != first
        assert '"n":3' in (pane._current() or pane.window(1)[0]).data


async def test_the_events_are_saved_as_lines_of_json(tmp_path: Path) -> None:
    investigation, script = watched()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        script.send("sse-direct", HEAD, event(1, "a\nb"))
        await until(pilot, lambda: "+0.10" in live_pane(pilot).text)
        live_pane(pilot).focus()
        await pilot.press("s")
        path = tmp_path / "events.jsonl"
        steps_screen(pilot).query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, path.exists)
        rows = [json.loads(row) for row in path.read_text().splitlines()]
        assert {"side": "direct", "at": 0.1, "type": "message", "id": "", "data": "a\nb"} in rows


async def test_a_flood_is_drawn_by_frames_not_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    investigation, script = watched()
    draws = 0
    show = Lines.show

    def counted(self: Lines, lines: object) -> None:
        nonlocal draws
        draws += isinstance(self.parent, LivePane)
        show(self, lines)  # type: ignore[arg-type]

    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await opened(pilot, script)
        monkeypatch.setattr(Lines, "show", counted)
        buffer = live_pane(pilot).buffer
        for start in range(0, 20_000, 100):
            script.send("sse-direct", *(event(n) for n in range(start, start + 100)))
        await until(pilot, lambda: buffer.streams["direct"].events == 20_000)
        assert draws < 50
        assert len(buffer) <= MAX_ENTRIES
        assert buffer.dropped >= 15_000


async def test_only_rows_that_changed_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2")
        lines, rows = live_pane(pilot).query_one(Lines), list[int]()
        monkeypatch.setattr(lines, "refresh", lambda *regions, **_: rows.append(len(regions)))
        live_pane(pilot)
        assert not rows


def test_the_buffer_is_bounded_by_its_size_too() -> None:
    buffer = EventBuffer()
    buffer.begin(["direct"])
    buffer.add("direct", [(n / 10, event(n, "x" * 100_000)) for n in range(100)])
    assert sum(len(entry.data) for entry in buffer) <= MAX_BYTES
    assert buffer.dropped == 100 - len(buffer)
    assert buffer.last == 99


@pytest.mark.parametrize(
    ("events", "is_open"),
    [
        ([Ended(2.0, "open")], True),
        ([HEAD, Ended(2.0, "reset")], True),
        ([Ended(0.1, "refused", "no connection")], False),
        ([Headers(0.1, 502, "1.1", (("content-type", "text/html"),)), Ended(0.2, "eof")], False),
    ],
)
def test_what_is_no_stream_is_not_asked_for_again(events: list[ProbeEvent], is_open: bool) -> None:
    timeline = Timeline(Probe("sse-proxy", "http://192.0.2.1/")).fold(events)
    assert may_show_more(timeline) is is_open


async def test_others_have_their_turn_during_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams_module, "TURN_S", 0.0)
    taken = list[Batch]()

    async def flood(probe: Probe) -> AsyncGenerator[Batch, None]:
        for number in range(100):
            yield (event(number),)

    streams = LiveStreams(lambda side, batch: taken.append(batch), lambda side, why: None)
    streams.begin({"direct": Probe("sse-direct", investigations.URL)}, flood)
    turns = list[int]()
    while streams.is_open:
        await asyncio.sleep(0)
        turns.append(len(taken))
    assert len(taken) == 100
    assert max(after - before for before, after in pairwise(turns)) <= 1

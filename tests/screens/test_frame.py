"""The frame of the screen: focus, links, zoom, layout by size, palette and themes."""

import asyncio
import re
from collections.abc import AsyncGenerator
from itertools import pairwise

import pytest
from rich.text import Text
from textual.command import CommandPalette
from textual.containers import VerticalScroll

from screens.app import Wizard
from screens.config_view import ConfigView, shown_lines
from screens.explain import Explain
from screens.heights import share_rows
from screens.hints import step_hint
from screens.live import pane
from screens.live.pane import LivePane
from screens.panes.words import result_words
from screens.step_frame import PANELS
from screens.steps_screen import StepsScreen
from screens.themes import ANSI, THEMES, theme_for
from screens.widgets.header import Header
from screens.widgets.panel import Panel, PanelView, Row
from screens.widgets.prompt import Prompt
from screens.widgets.step_list import StepList
from tests.screens import investigations
from tests.screens.test_keys import SIZE, press, steps_screen
from wizard.model.events import ProbeEvent
from wizard.model.probe import Probe
from wizard.model.steps import STEPS, StepId, StepState


def displayed_panels(screen: StepsScreen) -> list[str | None]:
    """The ids of the panels that are shown."""
    return [panel.id for panel in screen.query(Panel) if panel.display]


async def test_enter_follows_the_chosen_link_of_a_panel() -> None:
    app = Wizard(investigations.failing())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        screen = steps_screen(pilot)
        panel = screen.query_one("#first", Panel)
        rows = [Row(Text("plain")), Row(Text("to 5"), "choose(5)"), Row(Text("to 4"), "choose(4)")]
        panel.show(PanelView("Links", rows))
        panel.focus()
        await pilot.pause()
        assert "to 4" in panel.text
        await press(pilot, "down", "enter")
        assert screen.step == "logs"


async def test_tab_goes_from_the_steps_to_the_panels() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2")
        screen = steps_screen(pilot)
        assert isinstance(screen.focused, StepList)
        await press(pilot, "tab")
        assert (screen.focused or screen).id == "first"
        await press(pilot, "tab")
        assert (screen.focused or screen).id == "live"


async def test_z_shows_one_panel_alone_until_the_next_step() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "tab", "tab", "z")
        screen = steps_screen(pilot)
        displayed = {panel.id: panel.display for panel in screen.query(Panel)}
        assert displayed == {id: id == "live" for id in PANELS}
        assert not screen.query_one(StepList).display
        await press(pilot, "3")
        assert screen.query_one(StepList).display
        assert all(screen.query_one(name).display for name in ("#first", "#live"))


@pytest.mark.parametrize(
    ("size", "beside", "below"),
    [((80, 24), [], []), ((120, 40), [], ["third"]), ((160, 50), ["third", "fourth"], [])],
)
async def test_the_layout_follows_the_size(
    size: tuple[int, int], beside: list[str], below: list[str]
) -> None:
    async with Wizard(investigations.failing()).run_test(size=size) as pilot:
        await press(pilot, "2")
        screen = steps_screen(pilot)
        assert screen.query_one(StepList).display
        assert displayed_panels(screen) == ["first", "live", *beside, *below]
        columns = (["first", "live", *below], beside)
        for column in filter(None, columns):
            regions = [screen.query_one(f"#{id}").region for id in column]
            assert regions[0].y == 1
            assert regions[-1].bottom == size[1] - 1
            assert all(a.bottom == b.y for a, b in pairwise(regions))
            assert len({region.x for region in regions}) == 1
        right = screen.query_one("#first").region.right
        assert right == (screen.query_one("#third").region.x if beside else size[0])


@pytest.mark.parametrize("step", STEPS)
async def test_a_panel_has_the_rows_that_its_lines_need(step: StepId) -> None:
    async with Wizard(investigations.failing()).run_test(size=(120, 50)) as pilot:
        await press(pilot, str(STEPS.index(step) + 1))
        for panel in steps_screen(pilot).query(Panel):
            assert not panel.display or panel.rows >= len(panel.view.rows)


def test_where_there_is_too_little_room_the_first_panel_keeps_twice_the_rows() -> None:
    assert share_rows(30, [10, 6], spare=1) == [10, 20]
    assert share_rows(30, [10, 6], spare=0) == [24, 6]
    assert share_rows(22, [14, 0], spare=1) == [14, 8]
    assert share_rows(22, [90, 12], spare=1) == [15, 7]
    assert share_rows(22, [90, 3], spare=1) == [16, 6]
    assert share_rows(8, [90, 90], spare=1) == [5, 3]
    assert share_rows(36, [100000, 100000, 100000], spare=2) == [18, 9, 9]


async def test_a_question_takes_its_rows_from_the_panels() -> None:
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "enter")
        await pilot.pause()
        screen = steps_screen(pilot)
        assert screen.query_one("#first").region.bottom == screen.query_one(Prompt).region.y


@pytest.mark.parametrize("step", STEPS)
async def test_a_running_step_says_what_it_does_and_for_how_long(step: StepId) -> None:
    app = Wizard(investigations.running(step), clock=lambda: investigations.NOW)
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, str(STEPS.index(step) + 1))
        shown = " ".join(steps_screen(pilot).query_one("#first", Panel).text.split())
        assert re.search(r"→ \w.*: [01] s", shown)
        assert ("reads /etc/nginx/nginx.conf" in shown) is (step == "config")
        assert ("reads /var/log/nginx/access.log" in shown) is (step == "logs")


def test_a_running_step_without_a_deadline_counts_its_seconds() -> None:
    investigation = investigations.running("config")
    assert step_hint(investigation, "config", 107.0, in_lab=False, since=104.0).endswith(": 3 s")


async def test_a_small_window_shows_one_panel_and_z_the_other() -> None:
    investigation = investigations.failing()
    async with Wizard(investigation).run_test(size=(60, 18)) as pilot:
        for step, other in (("1", "second"), ("2", "live"), ("6", "second")):
            await press(pilot, step)
            screen = steps_screen(pilot)
            assert displayed_panels(screen) == ["first"]
            assert not screen.query_one(StepList).display
            await press(pilot, "z")
            assert displayed_panels(screen) == [other]
            assert (screen.focused or screen).id == other
            await press(pilot, "z")
            assert displayed_panels(screen) == ["first"]


async def test_no_stream_is_open_in_a_small_window_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pane, "LINGER_S", 0.001)
    opened, both_are_open = list[str](), asyncio.Event()

    async def watch(probe: Probe) -> AsyncGenerator[tuple[ProbeEvent, ...], None]:
        opened.append(probe.name)
        if len(opened) == 2:
            both_are_open.set()
        await asyncio.Event().wait()
        yield ()

    investigation = investigations.failing()
    investigation.script = watch
    async with Wizard(investigation).run_test(size=(60, 18)) as pilot:
        await press(pilot, "2")
        streams = steps_screen(pilot).query_one(LivePane).streams
        assert not streams.is_open
        await press(pilot, "z")
        async with asyncio.timeout(20):
            await both_are_open.wait()
        assert sorted(opened) == ["sse-direct", "sse-proxy"]
        await press(pilot, "z")
        assert not streams.is_open


@pytest.mark.parametrize(
    ("step", "title", "link"),
    [
        ("2", "6 Cause", "choose(2)"),
        ("6", "/etc/nginx/nginx.conf:6", "open_config('/etc/nginx/nginx.conf', 6)"),
    ],
)
async def test_a_third_column_has_the_cause_or_the_config(step: str, title: str, link: str) -> None:
    async with Wizard(investigations.failing()).run_test(size=(160, 50)) as pilot:
        await press(pilot, step)
        third = steps_screen(pilot).query_one("#third", Panel)
        assert third.display
        assert third.border_title == title
        assert link in [row.link for row in third.view.rows]
        assert third.region.x > steps_screen(pilot).query_one("#first").region.right - 1
        await press(pilot, "z")
        assert displayed_panels(steps_screen(pilot)) == ["first"]
    async with Wizard(investigations.empty()).run_test(size=(160, 50)) as pilot:
        await press(pilot, step)
        assert not steps_screen(pilot).query_one("#third").display


async def test_the_third_column_shows_the_guilty_line_of_a_long_config() -> None:
    config = investigations.CONF.replace("events {}", "events {}\n" + "# more\n" * 300)
    sample = investigations.case(live=False, conf=config)
    investigation = investigations.FakeInvestigation(sample, investigations.results(sample))
    async with Wizard(investigation).run_test(size=(160, 50)) as pilot:
        await press(pilot, "5")
        third = steps_screen(pilot).query_one("#third", Panel)
        assert third.border_title == "/etc/nginx/nginx.conf:307"
        [chosen] = [row.text.plain for row in third.view.rows if row.link]
        assert chosen.split() == ["▸", "307", "location", "/", "{"]


async def test_the_header_shows_the_verdict_once_it_is_known() -> None:
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        shown = pilot.app.screen.query_one(Header).text
        assert "mcp.example.com/sse" in shown
        assert "FAULT" not in shown
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "✗ FAULT  Nginx buffers the stream" in pilot.app.screen.query_one(Header).text


async def test_a_question_mark_explains_the_step() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "question_mark")
        assert isinstance(pilot.app.screen, Explain)
        await press(pilot, "question_mark")
        assert steps_screen(pilot).step == "proxy"


async def test_the_palette_offers_the_actions_and_the_themes() -> None:
    app = Wizard(investigations.failing())
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "7")
        commands = {each.title for each in app.get_system_commands(app.screen)}
        assert {"Copy", "Save", "Quit", *(f"Theme: {theme.name}" for theme in THEMES)} <= commands
        assert "Stop" not in commands
        await press(pilot, "ctrl+p")
        assert isinstance(app.screen, CommandPalette)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_each_theme_can_be_chosen(theme: object) -> None:
    app = Wizard(investigations.failing())
    async with app.run_test(size=SIZE) as pilot:
        app.theme = getattr(theme, "name", "")
        await press(pilot, "2")
        assert "nothing in 2.00 s" in app.screen.query_one("#first", Panel).text


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, ANSI),
        ({"COLORTERM": "truecolor"}, "dark"),
        ({"COLORTERM": "truecolor", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, ANSI),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, ANSI),
    ],
)
def test_the_first_theme_depends_on_the_terminal(environment: dict[str, str], name: str) -> None:
    assert theme_for(environment) == name


async def test_the_config_opens_at_the_line_of_a_setting() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "tab", "enter")
        page = pilot.app.screen
        assert isinstance(page, ConfigView)
        assert page.query_one(VerticalScroll).border_title == "/etc/nginx/nginx.conf:9"
        await press(pilot, "escape")
        assert steps_screen(pilot).step == "config"


def test_a_config_is_shown_without_secrets_and_control_characters() -> None:
    text = "# a\nproxy_set_header X-Api-Key s3cret99;\n\x1b[31mset $x 1;\n"
    lines = [row.plain for row in shown_lines(text, 2)]
    assert lines[0] == "     1 # a"
    assert lines[1] == "▸    2 proxy_set_header X-Api-Key [redacted-1];"
    assert "\\e[31m" in lines[2]


@pytest.mark.parametrize(("size", "is_open"), [((80, 24), False), ((80, 50), True)])
async def test_the_lines_of_a_log_are_folded_where_there_is_little_room(
    size: tuple[int, int], is_open: bool
) -> None:
    async with Wizard(investigations.failing()).run_test(size=size) as pilot:
        await press(pilot, "4")
        panel = pilot.app.screen.query_one("#first", Panel)
        assert ("GET /sse" in panel.text) is is_open
        await press(pilot, "tab", "enter")
        assert ("GET /sse" in panel.text) is not is_open


async def test_the_settings_that_matter_little_are_shown_on_demand() -> None:
    async with Wizard(investigations.failing()).run_test(size=(80, 50)) as pilot:
        await press(pilot, "5")
        panel = pilot.app.screen.query_one("#first", Panel)
        assert "keepalive_timeout" not in panel.text
        steps_screen(pilot).action_fold("settings")
        assert "keepalive_timeout" in panel.text


async def test_a_healthy_run_says_what_it_rests_on_and_what_was_not_seen() -> None:
    investigation = investigations.healthy()
    investigation.states["logs"] = StepState("logs", "skip", "missing: a log file")
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "6")
        first, second = (
            steps_screen(pilot).query_one(f"#{id}", Panel) for id in ("first", "second")
        )
        assert first.text.startswith("✓ The stream is live in every probe")
        rows = [(row.text.plain.split()[:2], row.link) for row in first.view.rows if row.link]
        names = ["Root", "Proxy", "Direct", "Logs", "Config"]
        signs = ["✓", "✓", "✓", "–", "✓"]
        links = [f"choose({number})" for number in range(1, 6)]
        assert rows == [
            ([sign, name], link) for sign, name, link in zip(signs, names, links, strict=True)
        ]
        assert "watched for 2.00 s" in second.text


async def test_the_direct_step_says_what_the_direct_side_alone_tells() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "3")
        shown = steps_screen(pilot).query_one("#first", Panel).text
        assert re.search(r"framing +chunked\nevents +3 events in 1.99 s.*\npings +1\n", shown)
        assert "through the proxy" not in shown
    async with Wizard(investigations.several_hops()).run_test(size=SIZE) as pilot:
        await press(pilot, "3")
        assert "edge" in steps_screen(pilot).query_one("#first", Panel).text


@pytest.mark.parametrize(("size", "scales"), [((80, 24), 1), ((120, 40), 2)])
async def test_a_large_window_draws_the_whole_watch_too(size: tuple[int, int], scales: int) -> None:
    async with Wizard(investigations.healthy()).run_test(size=size) as pilot:
        await press(pilot, "2")
        shown = steps_screen(pilot).query_one("#first", Panel).text
        assert len(re.findall(r"^ +0 +\S+ m?s +\S+ m?s", shown, re.M)) == scales


async def test_the_root_step_shows_the_headers_of_the_answer() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await press(pilot, "1")
        assert "server: nginx/1.22.1" in steps_screen(pilot).query_one("#second", Panel).text


async def test_the_step_list_says_what_the_steps_were_given() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await pilot.pause()
        shown = steps_screen(pilot).query_one(StepList).text
        assert re.search(
            r"\n +direct 10.0.0.7:1\S*…\n +config nginx.conf\n +log +access.log$", shown
        )
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await pilot.pause()
        shown = steps_screen(pilot).query_one(StepList).text
        assert re.search(r"\n +direct –\n +config –\n +log +–$", shown)


def test_while_step_8_runs_step_2_keeps_its_word() -> None:
    assert result_words(investigations.running("verify"))["proxy"] == "held"


async def test_a_fixed_step_7_leads_to_the_proof() -> None:
    async with Wizard(investigations.fixed()).run_test(size=SIZE) as pilot:
        await press(pilot, "7", "tab", "enter")
        assert steps_screen(pilot).step == "verify"


async def test_a_step_that_failed_without_a_result_says_what_it_would_prove() -> None:
    async with Wizard(investigations.broken()).run_test(size=SIZE) as pilot:
        await press(pilot, "5")
        shown = steps_screen(pilot).query_one("#first", Panel).text
        assert shown.startswith("✗ /etc/nginx/nginx.conf:14: unexpected end of file")
        assert "Which server and location serve this path" in shown

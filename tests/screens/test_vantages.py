"""Vantages in the wizard: the lists to choose from, and the form."""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from screens.app import Wizard
from screens.steps_screen import StepsScreen
from screens.vantage_form import VantageDraft, VantageForm
from screens.vantage_picker import MenuState, VantagePicker
from screens.widgets.lines import Lines
from tests.screens import investigations
from tests.screens.test_keys import SIZE, press
from tests.screens.test_looks import SnapCompare
from tests.vantage.fakes import Fakes
from wizard.investigation import casefile
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.investigation.session import Session
from wizard.model.target import Hop, Source, Target
from wizard.model.vantage import Capabilities, Vantage
from wizard.text.errors import UsageError
from wizard.vantage.presets import Choice, Listing, Menu, Preset

POD = ("kubectl", "--context=prod", "exec", "--namespace=web", "deploy/nginx", "--")
WEB = Vantage("web", ("env",))
AT_WEB = Target(investigations.URL, vantages=(WEB,))


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """Return a PATH with a `kubectl` that has one deployment, and no other program."""
    programs = Fakes(tmp_path / "bin")
    programs.add(
        "kubectl",
        ("config view", "prod\nprod\tweb\n"),
        ("get namespaces", "default\nweb\n"),
        ("deployments,", "Deployment\tnginx\t2\tnginx\n"),
    )
    monkeypatch.setenv("PATH", f"{programs.folder}")
    return programs


@pytest.fixture
def tried_vantages(monkeypatch: pytest.MonkeyPatch) -> list[Vantage]:
    """Return the list of vantages that were tried; each has curl."""
    vantages: list[Vantage] = []

    async def discover(vantage: Vantage) -> Capabilities:
        vantages.append(vantage)
        return Capabilities(vantage.name, "curl", "curl 7.88.1", 0.042)

    monkeypatch.setattr("screens.vantage_form.discover_capabilities", discover)
    return vantages


def fill_in(pilot: "Pilot[None]", field: str, text: str) -> None:
    pilot.app.screen.query_one(f"#{field}", Input).value = text


def type_in(pilot: "Pilot[None]", text: str) -> None:
    """Type into the input that narrows a list."""
    pilot.app.screen.query_one(Input).value = text


def shown(pilot: "Pilot[None]", field: str) -> str:
    return str(pilot.app.screen.query_one(f"#{field}", Static).render())


def rows(pilot: "Pilot[None]") -> list[str]:
    return pilot.app.screen.query_one(Lines).text.split("\n")


def at_web() -> investigations.FakeInvestigation:
    """Return an investigation with a URL and one vantage."""
    investigation = investigations.empty()
    investigation.amend(AT_WEB)
    return investigation


async def test_a_pod_is_chosen_and_requested_directly(
    fakes: Fakes, tried_vantages: list[Vantage]
) -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "enter", "enter")
        assert rows(pilot)[0] == "> web      this context's own"
        await press(pilot, "enter", "enter")
        assert isinstance(pilot.app.screen, VantageForm)
        assert tried_vantages == [Vantage("nginx", POD)]
        assert shown(pilot, "found") == "found there: curl 7.88.1, round trip 42 ms"
        fill_in(pilot, "direct", "http://127.0.0.1:12213/sse")
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, StepsScreen)
    assert investigation.target.vantages == (Vantage("nginx", POD),)
    assert investigation.target.direct == (Source("http://127.0.0.1:12213/sse", "nginx"),)
    assert investigation.ran == ["direct"]


async def test_escape_goes_back_list_by_list(fakes: Fakes, tried_vantages: list[Vantage]) -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", *["enter"] * 4, "escape", "escape", "escape")
        assert rows(pilot)[0] == "> prod  current"
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, StepsScreen)
    assert investigation.target == Target(investigations.URL)
    assert investigation.ran == []


async def test_the_config_and_the_log_of_a_pod(fakes: Fakes, tried_vantages: list[Vantage]) -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "e", *["enter"] * 4, "ctrl+s")
        assert investigation.target.conf == Source("", "nginx")
        await press(pilot, "4", "e", "down", *["enter"] * 4, "ctrl+s")
    assert investigation.ran == ["config", "logs"]
    (log,) = investigation.target.logs
    assert (log.vantage, log.name) == ("local", "nginx-log")
    assert log.command == (
        *("kubectl", "--context=prod", "logs", "--follow", "--since=10m", "--namespace=web"),
        "deploy/nginx",
    )
    assert investigation.target.vantages == (Vantage("nginx", POD),)


async def test_any_command_prefix_can_be_typed_and_is_tried() -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "env X=1")
        await press(pilot, "enter")
        assert "round trip" in shown(pilot, "found")
        fill_in(pilot, "name", "here")
        await press(pilot, "ctrl+s")
    assert investigation.target.vantages == (Vantage("here", ("env", "X=1")),)
    assert investigation.ran == []


async def test_an_unusable_vantage_shows_why() -> None:
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "/no/such jump")
        await press(pilot, "enter")
        message = "/no/such cannot be run here: No such file or directory"
        assert message in shown(pilot, "found")
        await press(pilot, "escape", "escape")
    assert investigation.target.vantages == ()


async def test_an_invalid_prefix_stays_with_the_reason() -> None:
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "jump bash")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, VantagePicker)
        assert shown(pilot, "message").startswith("leave out 'jump bash' at its end")


async def test_a_failing_list_shows_why_and_a_name_can_be_typed(
    fakes: Fakes, tried_vantages: list[Vantage]
) -> None:
    fakes.failing("docker", "\x1b[31mCannot connect to the Docker daemon")
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "down", "enter")
        assert shown(pilot, "message") == "\\e[31mCannot connect to the Docker daemon"
        type_in(pilot, "web")
        await press(pilot, "enter")
    assert tried_vantages == [Vantage("web", ("docker", "exec", "web"))]


async def test_a_hanging_list_blocks_nothing(fakes: Fakes) -> None:
    fakes.hanging("docker")
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "down")
        await pilot.press("enter")
        type_in(pilot, "we")
        await pilot.pause()
        assert rows(pilot)[0] == "> as typed: we"
        assert shown(pilot, "message") == "reading the list …"
        pid = await started(pilot, fakes, "docker")
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, StepsScreen)
    assert not _runs(pid)


async def test_a_hanging_vantage_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def discover(vantage: Vantage) -> Capabilities:
        await asyncio.Event().wait()
        raise AssertionError(vantage)

    monkeypatch.setattr("screens.vantage_form.discover_capabilities", discover)
    investigation = investigations.empty()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "ssh jump.example")
        await pilot.press("enter")
        await pilot.pause()
        assert shown(pilot, "found") == "trying it …"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(pilot.app.screen, StepsScreen)
    assert investigation.target.vantages == (Vantage("jump", ("ssh", "jump.example")),)


async def test_leaving_the_form_ends_its_command(fakes: Fakes) -> None:
    fakes.hanging("ssh")
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "ssh jump")
        await pilot.press("enter")
        pid = await started(pilot, fakes, "ssh")
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, VantagePicker)
        while _runs(pid):
            await pilot.pause(0.02)


async def started(pilot: "Pilot[None]", fakes: Fakes, program: str) -> int:
    """Return the program's process id once it runs."""
    while not (pid := fakes.pid(program)):
        await pilot.pause(0.02)
    return pid


def _runs(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_an_invalid_field_shows_the_reason(tried_vantages: list[Vantage]) -> None:
    investigation = at_web()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "ssh web")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one("#name", Input).value == "web-2"
        for name, message in {
            "web": "web is taken already",
            "local": "taken",
            "a b": "write it",
        }.items():
            fill_in(pilot, "name", name)
            await press(pilot, "ctrl+s")
            assert message in shown(pilot, "name-error")
        fill_in(pilot, "name", "jump")
        fill_in(pilot, "direct", "ftp://x")
        await press(pilot, "ctrl+s")
        assert "must begin with http" in shown(pilot, "direct-error")
        assert isinstance(pilot.app.screen, VantageForm)


async def test_a_known_vantage_is_offered_first(tried_vantages: list[Vantage]) -> None:
    investigation = at_web()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "e")
        assert rows(pilot)[0].split() == [">", "web", "known:", "env"]
        await press(pilot, "enter")
        fill_in(pilot, "log", "journalctl -fu backend")
        await press(pilot, "ctrl+s")
    (log,) = investigation.target.logs
    assert (log.vantage, log.command) == ("web", ("journalctl", "-fu", "backend"))
    assert investigation.target.vantages == (WEB,)


async def test_the_target_form_accepts_vantages(
    fakes: Fakes, tried_vantages: list[Vantage]
) -> None:
    targets: list[Target] = []

    def make(target: Target) -> Investigation:
        targets.append(target)
        return investigations.empty()

    async with Wizard(None, make=make).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+n", *["enter"] * 4)
        fill_in(pilot, "name", "web")
        fill_in(pilot, "conf", "/etc/nginx/nginx.conf")
        await press(pilot, "ctrl+s")
        assert shown(pilot, "places") == "From web: /etc/nginx/nginx.conf"
        fill_in(pilot, "url", investigations.URL)
        fill_in(pilot, "direct", "http://10.0.0.7/sse web=http://127.0.0.1:12213/sse")
        fill_in(pilot, "log", "web=/var/log/nginx/access.log")
        await press(pilot, "ctrl+s")
    assert targets == [
        Target(
            investigations.URL,
            direct=(Source("http://10.0.0.7/sse"), Source("http://127.0.0.1:12213/sse", "web")),
            conf=Source("/etc/nginx/nginx.conf", "web"),
            logs=(Source("/var/log/nginx/access.log", "web"),),
            vantages=(Vantage("web", POD),),
        )
    ]


@pytest.fixture
def many_pods(fakes: Fakes, tried_vantages: list[Vantage]) -> Fakes:
    """Return a namespace with 300 pods, in which one kind is forbidden."""
    pods = "".join(f"Pod\\tbot-{n}\\tRunning\\tapp\\n" for n in range(300))
    refused = "Error from server (Forbidden): statefulsets.apps is forbidden"
    fakes.write(
        "kubectl",
        "case \"$*\" in *config*) printf 'prod\\nprod\\tweb\\n';; *namespaces*) printf 'web\\n';; "
        f"*) printf 'Deployment\\tnginx\\t2\\tnginx\\n{pods}'; echo '{refused}' >&2; exit 1;; esac",
    )
    return fakes


def pressing(*keys: str) -> Callable[["Pilot[None]"], Awaitable[None]]:
    """Return a function that presses each key once the list before it has loaded."""

    async def before(pilot: "Pilot[None]") -> None:
        await press(pilot, *keys)

    return before


def test_the_picker_with_a_long_list(many_pods: Fakes, snap_compare: SnapCompare) -> None:
    app = Wizard(investigations.empty(), clock=lambda: investigations.NOW)
    keys = pressing("3", "e", "enter", "enter", "enter", "down")
    assert snap_compare(app, terminal_size=SIZE, run_before=keys)


def test_the_form_of_a_vantage(many_pods: Fakes, snap_compare: SnapCompare) -> None:
    app = Wizard(investigations.empty(), clock=lambda: investigations.NOW)
    keys = pressing("4", "e", "enter", "enter", "enter", "enter")
    assert snap_compare(app, terminal_size=SIZE, run_before=keys)


async def test_hops_are_given_on_the_proxy_step() -> None:
    investigation = at_web()
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "h")
        fill_in(pilot, "prompt-input", "edge")
        await press(pilot, "enter")
        assert "write it as NAME=URL" in shown(pilot, "prompt-label")
        fill_in(pilot, "prompt-input", "edge=http://a/sse inner=web=http://b/sse")
        await press(pilot, "enter")
        assert investigation.ran == ["proxy"]
        await press(pilot, "h", "enter")
        assert investigation.ran == ["proxy"]
    assert investigation.target.hops == (
        Hop("edge", Source("http://a/sse")),
        Hop("inner", Source("http://b/sse", "web")),
    )


async def test_a_vantage_of_a_case_file_needs_permission(
    tried_vantages: list[Vantage],
) -> None:
    target = replace(investigations.TARGET, vantages=(Vantage("web", ("touch", "x")),))
    record = record_of(investigations.failing())
    text = casefile.dump(replace(record, case=replace(record.case, target=target)))
    investigation = SavedInvestigation(casefile.load(text, "case.json"))
    async with Wizard(investigation).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "escape")
        assert isinstance(pilot.app.screen, StepsScreen)
        assert investigation.unconfirmed
        await press(pilot, "e", "y", "enter")
        assert isinstance(pilot.app.screen, VantagePicker)
        assert tried_vantages == []
        await press(pilot, "enter")
        assert [item.name for item in tried_vantages] == ["web"]


async def test_a_new_vantage_keeps_the_session_of_the_first() -> None:
    session = Session(AT_WEB, time.monotonic)
    web = session.vantage_sessions["web"]
    capabilities = await web.discover()
    assert session.amend(replace(AT_WEB, vantages=(WEB, Vantage("jump", ("ssh", "jump"))))) == []
    assert session.vantage_sessions["web"] is web
    assert [item.tool for item in session.snapshot().capabilities] == [capabilities.tool]
    session.amend(replace(AT_WEB, vantages=(Vantage("web", ("ssh", "web")),)))
    assert session.vantage_sessions["web"] is not web
    assert [item.tool for item in session.snapshot().capabilities] == []


LONG = Listing(tuple(Choice(f"pod-{n}", "Running", Preset("p", ())) for n in range(5000)))


async def _never() -> Listing:
    raise AssertionError


def test_only_one_page_of_a_long_list_is_drawn() -> None:
    menu = Menu("which pod", _never, lambda text: Preset(text, ()))
    state = MenuState(menu, LONG)
    assert [len(state.moved(by).draw(80, 18)) for by in (0, 17, 18, 9999)] == [18, 18, 18, 14]
    assert state.moved(17).draw(80, 18)[-1].plain.startswith("> pod-17")
    last = state.moved(9999).draw(80, 18)[-1].plain
    assert last.startswith("> pod-4999")
    few = state.with_text("RUN 499")
    assert (few.row_count, few.count_text()) == (16, "15 of 5000")
    assert few.moved(99).draw(80, 18)[-1].plain == "> as typed: RUN 499"
    assert state.with_text("pod-4999").has_typed_row is False


def test_an_escape_sequence_in_a_name_is_escaped() -> None:
    menu = Menu("which", _never)
    state = MenuState(menu, Listing((Choice("a\x1b[2J", "\x07", Preset("a", ())),)))
    assert state.draw(80, 5)[0].plain == "> a\\e[2J  \\u{7}"
    assert state.with_text("zzz").chosen() is None


def test_a_log_command_of_the_vantages_tool_runs_here() -> None:
    draft = VantageDraft(
        Target(investigations.URL), Preset("web", ("docker", "exec", "web")), "web"
    )
    assert draft.log("docker logs -f web").vantage == "local"
    second = replace(draft, target=replace(draft.target, logs=(draft.log("logs"),)))
    assert [item.log("logs").name for item in (draft, second)] == ["web-log", "web-log-2"]
    assert draft.log("tail -F /x").vantage == "web"
    assert draft.log("logs").command[:2] == ("docker", "logs")
    jump = VantageDraft(Target(investigations.URL), Preset("jump", ("ssh", "jump")), "jump")
    assert jump.log("logs") == Source("logs", "jump")
    with pytest.raises(UsageError):
        draft.log("-")

"""Looking from elsewhere in the wizard: choosing a place, and what may be typed of one."""

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
from screens.steps import StepsScreen
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
    """A cluster with one deployment, and no other program."""
    made = Fakes(tmp_path / "bin")
    made.add(
        "kubectl",
        ("config view", "prod\nprod\tweb\n"),
        ("get namespaces", "default\nweb\n"),
        ("deployments,", "Deployment\tnginx\t2\tnginx\n"),
    )
    monkeypatch.setenv("PATH", f"{made.folder}")
    return made


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[Vantage]:
    """The places that were tried; each has curl."""
    asked: list[Vantage] = []

    async def tried(vantage: Vantage) -> Capabilities:
        asked.append(vantage)
        return Capabilities(vantage.name, "curl", "curl 7.88.1", 0.042)

    monkeypatch.setattr("screens.vantage_form.discover_capabilities", tried)
    return asked


def put(pilot: "Pilot[None]", field: str, text: str) -> None:
    pilot.app.screen.query_one(f"#{field}", Input).value = text


def type_in(pilot: "Pilot[None]", text: str) -> None:
    """Into the line that narrows a list."""
    pilot.app.screen.query_one(Input).value = text


def shown(pilot: "Pilot[None]", field: str) -> str:
    return str(pilot.app.screen.query_one(f"#{field}", Static).render())


def rows(pilot: "Pilot[None]") -> list[str]:
    return pilot.app.screen.query_one(Lines).text.split("\n")


def at_web() -> investigations.FakeInvestigation:
    """Only the URL and one other place are known."""
    staged = investigations.empty()
    staged.amend(AT_WEB)
    return staged


async def test_a_pod_is_chosen_tried_and_asked_directly(
    fakes: Fakes, answering: list[Vantage]
) -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "enter", "enter")
        assert rows(pilot)[0] == "> web      this context's own"
        await press(pilot, "enter", "enter")
        assert isinstance(pilot.app.screen, VantageForm)
        assert answering == [Vantage("nginx", POD)]
        assert shown(pilot, "found") == "found there: curl 7.88.1, round trip 42 ms"
        put(pilot, "direct", "http://127.0.0.1:12213/sse")
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, StepsScreen)
    assert staged.target.vantages == (Vantage("nginx", POD),)
    assert staged.target.direct == (Source("http://127.0.0.1:12213/sse", "nginx"),)
    assert staged.ran == ["direct"]


async def test_escape_goes_back_list_by_list(fakes: Fakes, answering: list[Vantage]) -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", *["enter"] * 4, "escape", "escape", "escape")
        assert rows(pilot)[0] == "> prod  current"
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, StepsScreen)
    assert staged.target == Target(investigations.URL)
    assert staged.ran == []


async def test_the_config_and_the_log_of_a_pod(fakes: Fakes, answering: list[Vantage]) -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "5", "e", *["enter"] * 4, "ctrl+s")
        assert staged.target.conf == Source("", "nginx")
        await press(pilot, "4", "e", "down", *["enter"] * 4, "ctrl+s")
    assert staged.ran == ["config", "logs"]
    (log,) = staged.target.logs
    assert (log.vantage, log.name) == ("local", "nginx-log")
    assert log.command == (
        *("kubectl", "--context=prod", "logs", "--follow", "--since=10m", "--namespace=web"),
        "deploy/nginx",
    )
    assert staged.target.vantages == (Vantage("nginx", POD),)


async def test_any_command_prefix_can_be_typed_and_is_tried_for_real() -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "env X=1")
        await press(pilot, "enter")
        assert "round trip" in shown(pilot, "found")
        put(pilot, "name", "here")
        await press(pilot, "ctrl+s")
    assert staged.target.vantages == (Vantage("here", ("env", "X=1")),)
    assert staged.ran == []


async def test_a_place_that_cannot_be_used_says_why_and_can_be_left() -> None:
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "/no/such jump")
        await press(pilot, "enter")
        said = "/no/such cannot be run here: No such file or directory"
        assert said in shown(pilot, "found")
        await press(pilot, "escape", "escape")
    assert staged.target.vantages == ()


async def test_a_prefix_that_cannot_be_one_stays_with_the_reason() -> None:
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "jump bash")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, VantagePicker)
        assert shown(pilot, "message").startswith("leave out 'jump bash' at its end")


async def test_what_the_program_says_is_shown_and_a_name_can_be_typed(
    fakes: Fakes, answering: list[Vantage]
) -> None:
    fakes.failing("docker", "\x1b[31mCannot connect to the Docker daemon")
    async with Wizard(investigations.empty()).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "down", "enter")
        assert shown(pilot, "message") == "\\e[31mCannot connect to the Docker daemon"
        type_in(pilot, "web")
        await press(pilot, "enter")
    assert answering == [Vantage("web", ("docker", "exec", "web"))]


async def test_a_list_that_does_not_come_blocks_nothing(fakes: Fakes) -> None:
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


async def test_a_place_that_does_not_answer_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def tried(vantage: Vantage) -> Capabilities:
        await asyncio.Event().wait()
        raise AssertionError(vantage)

    monkeypatch.setattr("screens.vantage_form.discover_capabilities", tried)
    staged = investigations.empty()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "ssh jump.example")
        await pilot.press("enter")
        await pilot.pause()
        assert shown(pilot, "found") == "trying it …"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(pilot.app.screen, StepsScreen)
    assert staged.target.vantages == (Vantage("jump", ("ssh", "jump.example")),)


async def test_a_place_that_is_left_is_let_go(fakes: Fakes) -> None:
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
    """The program's id, once it runs."""
    while not (pid := fakes.pid(program)):
        await pilot.pause(0.02)
    return pid


def _runs(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_what_is_wrong_in_a_field_is_said_there(answering: list[Vantage]) -> None:
    staged = at_web()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e")
        type_in(pilot, "ssh web")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one("#name", Input).value == "web-2"
        for name, said in {
            "web": "web is taken already",
            "local": "taken",
            "a b": "write it",
        }.items():
            put(pilot, "name", name)
            await press(pilot, "ctrl+s")
            assert said in shown(pilot, "name-error")
        put(pilot, "name", "jump")
        put(pilot, "direct", "ftp://x")
        await press(pilot, "ctrl+s")
        assert "must begin with http" in shown(pilot, "direct-error")
        assert isinstance(pilot.app.screen, VantageForm)


async def test_a_known_place_is_offered_first(answering: list[Vantage]) -> None:
    staged = at_web()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "4", "e")
        assert rows(pilot)[0].split() == [">", "web", "known:", "env"]
        await press(pilot, "enter")
        put(pilot, "log", "journalctl -fu backend")
        await press(pilot, "ctrl+s")
    (log,) = staged.target.logs
    assert (log.vantage, log.command) == ("web", ("journalctl", "-fu", "backend"))
    assert staged.target.vantages == (WEB,)


async def test_the_form_takes_places_too(fakes: Fakes, answering: list[Vantage]) -> None:
    made: list[Target] = []

    def make(target: Target) -> Investigation:
        made.append(target)
        return investigations.empty()

    async with Wizard(None, make=make).run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+p", *["enter"] * 4)
        put(pilot, "name", "web")
        put(pilot, "conf", "/etc/nginx/nginx.conf")
        await press(pilot, "ctrl+s")
        assert shown(pilot, "places") == "From web: /etc/nginx/nginx.conf"
        put(pilot, "url", investigations.URL)
        put(pilot, "direct", "http://10.0.0.7/sse web=http://127.0.0.1:12213/sse")
        put(pilot, "log", "web=/var/log/nginx/access.log")
        await press(pilot, "ctrl+s")
    assert made == [
        Target(
            investigations.URL,
            direct=(Source("http://10.0.0.7/sse"), Source("http://127.0.0.1:12213/sse", "web")),
            conf=Source("/etc/nginx/nginx.conf", "web"),
            logs=(Source("/var/log/nginx/access.log", "web"),),
            vantages=(Vantage("web", POD),),
        )
    ]


@pytest.fixture
def many(fakes: Fakes, answering: list[Vantage]) -> Fakes:
    """A namespace with three hundred pods, one kind refused."""
    pods = "".join(f"Pod\\tbot-{n}\\tRunning\\tapp\\n" for n in range(300))
    refused = "Error from server (Forbidden): statefulsets.apps is forbidden"
    fakes.write(
        "kubectl",
        "case \"$*\" in *config*) printf 'prod\\nprod\\tweb\\n';; *namespaces*) printf 'web\\n';; "
        f"*) printf 'Deployment\\tnginx\\t2\\tnginx\\n{pods}'; echo '{refused}' >&2; exit 1;; esac",
    )
    return fakes


def slowly(*keys: str) -> Callable[["Pilot[None]"], Awaitable[None]]:
    """Each key once the list before it is there."""

    async def before(pilot: "Pilot[None]") -> None:
        await press(pilot, *keys)

    return before


def test_the_picker_with_a_long_list(many: Fakes, snap_compare: SnapCompare) -> None:
    app = Wizard(investigations.empty(), clock=lambda: investigations.NOW)
    keys = slowly("3", "e", "enter", "enter", "enter", "down")
    assert snap_compare(app, terminal_size=SIZE, run_before=keys)


def test_the_form_of_a_vantage(many: Fakes, snap_compare: SnapCompare) -> None:
    app = Wizard(investigations.empty(), clock=lambda: investigations.NOW)
    keys = slowly("4", "e", "enter", "enter", "enter", "enter")
    assert snap_compare(app, terminal_size=SIZE, run_before=keys)


async def test_hops_are_given_on_the_proxy_step() -> None:
    staged = at_web()
    async with Wizard(staged).run_test(size=SIZE) as pilot:
        await press(pilot, "2", "h")
        put(pilot, "prompt-input", "edge")
        await press(pilot, "enter")
        assert "write it as NAME=URL" in shown(pilot, "prompt-label")
        put(pilot, "prompt-input", "edge=http://a/sse inner=web=http://b/sse")
        await press(pilot, "enter")
        assert staged.ran == ["proxy"]
        await press(pilot, "h", "enter")
        assert staged.ran == ["proxy"]
    assert staged.target.hops == (
        Hop("edge", Source("http://a/sse")),
        Hop("inner", Source("http://b/sse", "web")),
    )


async def test_a_strangers_case_runs_nothing_before_it_is_confirmed(
    answering: list[Vantage],
) -> None:
    target = replace(investigations.TARGET, vantages=(Vantage("web", ("touch", "x")),))
    record = record_of(investigations.failing())
    text = casefile.dump(replace(record, case=replace(record.case, target=target)))
    known = SavedInvestigation(casefile.load(text, "case.json"))
    async with Wizard(known).run_test(size=SIZE) as pilot:
        await press(pilot, "3", "e", "escape")
        assert isinstance(pilot.app.screen, StepsScreen)
        assert not known.trusted
        await press(pilot, "e", "y", "enter")
        assert isinstance(pilot.app.screen, VantagePicker)
        assert answering == []
        await press(pilot, "enter")
        assert [one.name for one in answering] == ["web"]


async def test_another_place_takes_nothing_from_the_first() -> None:
    session = Session(AT_WEB, time.monotonic)
    web = session.vantage_sessions["web"]
    found = await web.capabilities()
    assert session.amend(replace(AT_WEB, vantages=(WEB, Vantage("jump", ("ssh", "jump"))))) == []
    assert session.vantage_sessions["web"] is web
    assert [one.tool for one in session.snapshot().capabilities] == [found.tool]
    session.amend(replace(AT_WEB, vantages=(Vantage("web", ("ssh", "web")),)))
    assert session.vantage_sessions["web"] is not web
    assert [one.tool for one in session.snapshot().capabilities] == []


LONG = Listing(tuple(Choice(f"pod-{n}", "Running", Preset("p", ())) for n in range(5000)))


async def _never() -> Listing:
    raise AssertionError


def test_of_a_long_list_only_a_screenful_is_drawn() -> None:
    menu = Menu("which pod", _never, lambda text: Preset(text, ()))
    now = MenuState(menu, LONG)
    assert [len(now.moved(by).draw(80, 18)) for by in (0, 17, 18, 9999)] == [18, 18, 18, 14]
    assert now.moved(17).draw(80, 18)[-1].plain.startswith("> pod-17")
    last = now.moved(9999).draw(80, 18)[-1].plain
    assert last.startswith("> pod-4999")
    few = now.with_text("RUN 499")
    assert (few.row_count, few.count_text()) == (16, "15 of 5000")
    assert few.moved(99).draw(80, 18)[-1].plain == "> as typed: RUN 499"
    assert now.with_text("pod-4999").has_typed_row is False


def test_an_escape_sequence_in_a_name_is_not_sent() -> None:
    menu = Menu("which", _never)
    now = MenuState(menu, Listing((Choice("a\x1b[2J", "\x07", Preset("a", ())),)))
    assert now.draw(80, 5)[0].plain == "> a\\e[2J  \\u{7}"
    assert now.with_text("zzz").chosen() is None


def test_a_log_command_of_the_way_there_runs_here() -> None:
    draft = VantageDraft(
        Target(investigations.URL), Preset("web", ("docker", "exec", "web")), "web"
    )
    assert draft.log("docker logs -f web").vantage == "local"
    second = replace(draft, target=replace(draft.target, logs=(draft.log("logs"),)))
    assert [one.log("logs").name for one in (draft, second)] == ["web-log", "web-log-2"]
    assert draft.log("tail -F /x").vantage == "web"
    assert draft.log("logs").command[:2] == ("docker", "logs")
    jump = VantageDraft(Target(investigations.URL), Preset("jump", ("ssh", "jump")), "jump")
    assert jump.log("logs") == Source("logs", "jump")
    with pytest.raises(UsageError):
        draft.log("-")

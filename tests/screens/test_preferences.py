"""The theme, the keys and the mouse from the config file, and a theme that is chosen."""

import ast
from pathlib import Path

import pytest
from textual import events

import screens
from screens.app import Wizard
from screens.keymap import _default_keys, check_keys, is_key
from screens.live.event_page import EventPage
from screens.live.pane import LivePane
from screens.preferences import THEME_FILE, check_theme, first_theme, is_mouse_wanted, keep_theme
from screens.saved_cases import Offers
from screens.start_screen import Menu, StartScreen
from screens.state_folder import private_folder
from screens.target_form import TargetForm
from screens.widgets.step_list import StepList
from tests.screens import investigations
from tests.screens.test_keys import SIZE, not_started, press, steps_screen
from wizard.model.preferences import Preferences
from wizard.text.errors import UsageError
from wizard.text.messages import choose_for, language

FILE = "/home/u/.config/ssewizard/config.toml"


def test_the_theme_of_the_file_counts_before_the_last_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert first_theme(Preferences()) == "terminal"
    keep_theme("light", Preferences())
    assert first_theme(Preferences()) == "light"
    assert first_theme(Preferences("high-contrast")) == "high-contrast"
    monkeypatch.setenv("NO_COLOR", "1")
    assert first_theme(Preferences("high-contrast")) == "terminal"


@pytest.mark.parametrize("text", ["", "no-such-theme", "light" * 100, "\x1b[2J", "\0"])
def test_a_broken_choice_counts_as_none(text: str) -> None:
    (private_folder() / THEME_FILE).write_text(text)
    assert first_theme(Preferences()) == "terminal"


async def test_a_theme_that_is_chosen_is_kept() -> None:
    app = Wizard(investigations.failing())
    async with app.run_test(size=SIZE) as pilot:
        (command,) = [
            command
            for command in app.get_system_commands(app.screen)
            if command.title == "Theme: light"
        ]
        command.callback()
        assert app.theme == "light"
        await pilot.pause()
        assert not app._notifications
    assert Wizard(None).theme == "light"


async def test_the_choice_beside_a_theme_of_the_file_says_that_it_ends() -> None:
    app = Wizard(investigations.failing(), preferences=Preferences("dark", file=FILE))
    async with app.run_test(size=SIZE) as pilot:
        assert app.theme == "dark"
        app._choose_theme("light")
        await pilot.pause()
        (notice,) = app._notifications
        assert notice.message == f"The next start uses the theme in {FILE} again."


def test_a_choice_that_cannot_be_kept_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/none")
    assert "cannot be saved" in keep_theme("light", Preferences())


def test_an_unknown_theme_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(UsageError) as error:
        check_theme(Preferences("lite\x1b", file=FILE))
    themes = "the themes are dark, light, high-contrast, terminal"
    assert str(error.value) == f"{FILE}: theme: lite\\e is not a theme: {themes}"


async def test_a_key_of_the_file_replaces_the_usual_one() -> None:
    investigation = not_started()
    preferences = Preferences(keys={"steps.next": "x,f5"}, file=FILE)
    check_keys(preferences)
    async with Wizard(investigation, preferences=preferences).run_test(size=SIZE) as pilot:
        await press(pilot, "enter")
        assert investigation.ran == []
        await press(pilot, "x")
        assert investigation.ran == ["root"]
        await press(pilot, "f5")
        assert steps_screen(pilot).step == "proxy"
        keys = {
            key
            for key, active in steps_screen(pilot).active_bindings.items()
            if active.binding.id == "steps.next"
        }
        assert keys == {"x", "f5"}


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"steps.agian": "x"}, "steps.agian: no such action: did you mean steps.again?"),
        ({"\x1b": "x"}, "\\e: no such action"),
        ({"steps.again": "contrl+x"}, "steps.again: 'contrl+x': write a key such as"),
        ({"steps.again": "x,,y"}, "steps.again: '': write a key such as"),
        ({"steps.again": "a"}, "have the same key, a"),
        ({"steps.again": "x", "steps.all": "x"}, "have the same key, x"),
        ({"steps.again": "q"}, "have the same key, q"),
        ({"app.quit": "Q", "steps.again": "?"}, "have the same key, question_mark"),
    ],
)
def test_wrong_keys_are_refused(keys: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError) as error:
        check_keys(Preferences(keys=keys, file=FILE))
    assert str(error.value).startswith(f"{FILE}: [keys]: ")
    assert problem in str(error.value)


def test_two_actions_may_swap_their_keys() -> None:
    check_keys(Preferences(keys={"steps.again": "a", "steps.all": "r"}, file=FILE))
    check_keys(Preferences(keys={"app.quit": "ctrl+q"}, file=FILE))


@pytest.mark.parametrize("key", ["a", "A", "?", "question_mark", "f5", "ctrl+s", "shift+f2", "up"])
def test_keys_have_the_names_of_textual(key: str) -> None:
    assert is_key(key)
    assert not is_key(f"{key}\x1b")


def test_every_action_with_an_id_can_be_given_another_key() -> None:
    known = {id for group in _default_keys() for id in group}
    missing = set()
    for path in Path(screens.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Binding":
                ids = [word.value for word in node.keywords if word.arg == "id"]
                missing |= {i.value for i in ids if isinstance(i, ast.Constant)} - known
    assert missing == set()


@pytest.mark.parametrize(
    ("environment", "mouse", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, True, False),
        ({"SSH_TTY": "/dev/pts/1"}, True, False),
        ({"SSEWIZARD_NO_MOUSE": "1"}, True, False),
        ({"SSEWIZARD_NO_MOUSE": "0"}, True, True),
    ],
)
def test_the_mouse_is_used_on_a_local_terminal(
    environment: dict[str, str], mouse: bool, wanted: bool
) -> None:
    assert is_mouse_wanted(Preferences(mouse=mouse), environment) == wanted


async def test_a_click_chooses_a_step() -> None:
    async with Wizard(investigations.failing()).run_test(size=SIZE) as pilot:
        await pilot.click(StepList, offset=(5, 4))
        await pilot.pause()
        assert steps_screen(pilot).step == "logs"
        await pilot.click(StepList, offset=(5, 15))
        await pilot.pause()
        assert steps_screen(pilot).step == "logs"


async def test_a_click_chooses_an_entry_and_two_open_it() -> None:
    async with Wizard(None, offers=Offers()).run_test(size=SIZE) as pilot:
        await pilot.click(Menu, offset=(5, 2))
        await pilot.pause()
        assert "› The lab" in pilot.app.screen.query_one(Menu).text
        await pilot.click(Menu, offset=(5, 1))
        await pilot.pause()
        assert isinstance(pilot.app.screen, StartScreen)
        assert "› New investigation" in pilot.app.screen.query_one(Menu).text
        await pilot.click(Menu, offset=(5, 1), times=2)
        await pilot.pause()
        assert isinstance(pilot.app.screen, TargetForm)


async def test_the_mouse_selects_events_and_two_clicks_open_one() -> None:
    async with Wizard(investigations.healthy()).run_test(size=(80, 40)) as pilot:
        await press(pilot, "2")
        pane = steps_screen(pilot).query_one(LivePane)
        await pilot.click(LivePane, offset=(5, 3))
        await pilot.pause()
        assert pilot.app.focused is pane
        shown = pane.shown_entries()
        assert pane._selected == shown[2].number
        pane.post_message(events.MouseScrollDown(pane, 5, 3, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert pane._selected == shown[5].number
        pane.post_message(events.MouseScrollUp(pane, 5, 3, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert pane._selected == shown[2].number
        await pilot.click(LivePane, offset=(5, 3), times=2)
        await pilot.pause()
        assert isinstance(pilot.app.screen, EventPage)


def test_a_command_line_without_words_has_a_language() -> None:
    choose_for([], {})
    assert language() == "en"

"""The last line and the page of keys: `quit` is always there, and keys that were changed show."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static
from textual.widgets._footer import FooterKey

from screens.app import Wizard
from tests.screens import investigations
from tests.screens.test_keys import press
from wizard.model.preferences import Preferences


def shown_keys(pilot: Pilot[None]) -> list[str]:
    return [each.description for each in pilot.app.screen.query(FooterKey)]


async def apply(diff: str) -> str:
    return f"{diff} applied"


@pytest.mark.parametrize(("columns", "in_lab"), [(60, False), (80, True), (60, True)])
async def test_quit_stays_where_not_all_keys_fit(columns: int, in_lab: bool) -> None:
    app = Wizard(investigations.failing(), apply_fix=apply if in_lab else None)
    async with app.run_test(size=(columns, 24)) as pilot:
        await press(pilot, "2")
        assert "quit" in shown_keys(pilot)
        assert all(each.region.right <= columns for each in app.screen.query(FooterKey))


async def test_the_page_of_keys_is_named_where_keys_are_left_out() -> None:
    async with Wizard(investigations.failing()).run_test(size=(60, 24)) as pilot:
        await press(pilot, "2")
        assert "keys" in shown_keys(pilot)
        await pilot.resize_terminal(120, 24)
        await pilot.pause()
        assert "keys" not in shown_keys(pilot)


async def test_the_page_of_keys_shows_changed_keys() -> None:
    preferences = Preferences(keys={"steps.again": "f5", "app.quit": "x"})
    app = Wizard(investigations.empty(), preferences=preferences)
    async with app.run_test(size=(80, 60)) as pilot:
        await press(pilot, "f1")
        page = str(app.screen.query_one(Static).content)
        assert "f5         run this step again" in page
        assert "x          leave; the result is printed" in page


async def test_a_healthy_run_ends_at_the_cause() -> None:
    investigation = investigations.healthy()
    investigation.states = {}
    async with Wizard(investigation).run_test(size=(80, 24)) as pilot:
        await press(pilot, "a")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert investigation.states["fix"].state == "pass"
        lines = pilot.app.screen._compositor.render_strips()
        text = "\n".join("".join(each.text for each in strip) for strip in lines)
        assert "6 Cause" in text
        assert "Nothing to fix." in text

"""Snapshots of each step: empty, running, healthy and failing; test_keys.py has the behaviour."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from screens.app import Wizard
from tests.screens import investigations
from wizard.model.steps import STEPS, StepId
from wizard.model.target import Target

SnapCompare = Callable[..., bool]
SMALL, LARGE = (80, 24), (120, 40)
STATES: dict[str, Callable[[StepId], investigations.FakeInvestigation]] = {
    "empty": lambda _: investigations.empty(),
    "running": investigations.running,
    "healthy": lambda _: investigations.healthy(),
    "failing": lambda _: investigations.failing(),
}


def wizard(investigation: investigations.FakeInvestigation | None) -> Wizard:
    """Return the wizard with its clock stopped."""
    last = Target("https://mcp.example.com/sse?token=[redacted-1]")
    return Wizard(investigation, last_target=last, clock=lambda: investigations.NOW)


def pressing(*keys: str) -> Callable[["Pilot[None]"], Awaitable[None]]:
    """Return a function that presses these keys before the snapshot."""

    async def before(pilot: "Pilot[None]") -> None:
        await pilot.press(*keys)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    return before


@pytest.mark.parametrize("state", list(STATES))
@pytest.mark.parametrize("step", STEPS)
def test_each_step_in_each_state(step: StepId, state: str, snap_compare: SnapCompare) -> None:
    app = wizard(STATES[state](step))
    number = str(STEPS.index(step) + 1)
    assert snap_compare(app, terminal_size=SMALL, run_before=pressing(number))


@pytest.mark.parametrize("step", ["proxy", "logs", "config", "cause", "fix", "verify"])
def test_the_incident_in_a_large_window(step: StepId, snap_compare: SnapCompare) -> None:
    number = str(STEPS.index(step) + 1)
    app = wizard(investigations.failing())
    assert snap_compare(app, terminal_size=LARGE, run_before=pressing(number))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_the_form(size: tuple[int, int], snap_compare: SnapCompare) -> None:
    assert snap_compare(wizard(None), terminal_size=size)


def test_the_form_with_a_wrong_url(snap_compare: SnapCompare) -> None:
    keys = pressing(*"mcp", "enter")
    assert snap_compare(wizard(None), terminal_size=SMALL, run_before=keys)


def test_the_help(snap_compare: SnapCompare) -> None:
    keys = pressing("question_mark")
    assert snap_compare(wizard(investigations.failing()), terminal_size=SMALL, run_before=keys)


def test_the_prompt_for_the_backend(snap_compare: SnapCompare) -> None:
    keys = pressing("3", "enter")
    assert snap_compare(wizard(investigations.empty()), terminal_size=SMALL, run_before=keys)


def test_an_unreadable_config(snap_compare: SnapCompare) -> None:
    assert snap_compare(
        wizard(investigations.broken()), terminal_size=SMALL, run_before=pressing("5")
    )


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("step", ["proxy", "cause"])
def test_hops_side_by_side(step: StepId, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    keys = pressing(str(STEPS.index(step) + 1))
    assert snap_compare(wizard(investigations.several_hops()), terminal_size=size, run_before=keys)


def test_a_window_that_is_too_small(snap_compare: SnapCompare) -> None:
    assert snap_compare(wizard(investigations.failing()), terminal_size=(50, 12))

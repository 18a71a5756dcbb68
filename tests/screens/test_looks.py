"""Snapshots of each step in each state; test_keys.py has the behaviour.

`make test` draws the dark theme in a small window, `make test-slow` all the rest.
"""

from collections.abc import Awaitable, Callable
from itertools import product

import pytest
from textual.pilot import Pilot

from screens.app import Wizard
from tests.screens import investigations
from wizard.model.steps import STEPS, StepId
from wizard.model.target import Target

SnapCompare = Callable[..., bool]
SMALL, LARGE = (80, 24), (120, 40)
SIZES = {"80x24": SMALL, "120x40": LARGE}
STATES: dict[str, Callable[[StepId], investigations.FakeInvestigation]] = {
    "empty": lambda _: investigations.empty(),
    "running": investigations.running,
    "healthy": lambda _: investigations.healthy(),
    "failing": lambda _: investigations.failing(),
    "fixed": lambda _: investigations.fixed(),
}
LOOKS = [
    pytest.param(
        *look,
        id="-".join(look),
        marks=() if look[2:] == ("80x24", "dark") else pytest.mark.slow,
    )
    for look in product(STEPS, STATES, SIZES, ("dark", "light"))
]


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


@pytest.mark.parametrize(("step", "state", "size", "theme"), LOOKS)
def test_each_look(
    step: StepId, state: str, size: str, theme: str, snap_compare: SnapCompare
) -> None:
    app = wizard(STATES[state](step))
    app.theme = theme
    number = str(STEPS.index(step) + 1)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing(number))


@pytest.mark.slow
@pytest.mark.parametrize("state", ["empty", "running", "healthy", "failing"])
@pytest.mark.parametrize("step", STEPS)
def test_each_step_in_each_state(step: StepId, state: str, snap_compare: SnapCompare) -> None:
    app = wizard(STATES[state](step))
    number = str(STEPS.index(step) + 1)
    assert snap_compare(app, terminal_size=SMALL, run_before=pressing(number))


@pytest.mark.slow
@pytest.mark.parametrize("step", ["proxy", "logs", "config", "cause", "fix", "verify"])
def test_the_incident_in_a_large_window(step: StepId, snap_compare: SnapCompare) -> None:
    number = str(STEPS.index(step) + 1)
    app = wizard(investigations.failing())
    assert snap_compare(app, terminal_size=LARGE, run_before=pressing(number))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
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


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("step", ["proxy", "cause"])
def test_hops_side_by_side(step: StepId, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    keys = pressing(str(STEPS.index(step) + 1))
    assert snap_compare(wizard(investigations.several_hops()), terminal_size=size, run_before=keys)


def test_a_window_that_is_too_small(snap_compare: SnapCompare) -> None:
    assert snap_compare(wizard(investigations.failing()), terminal_size=(50, 12))

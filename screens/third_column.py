"""What stands beside a step in a wide window: the cause with its evidence, or the config."""

from collections.abc import Mapping
from dataclasses import replace

from screens.config_view import first_shown, shown_lines
from screens.panes.diagnosis import draw_cause
from screens.panes.view import View
from screens.widgets.panel import LINK_COLUMNS, PanelView, Row
from wizard.model.resolution import RequestResolution
from wizard.model.steps import StepId, StepState
from wizard.text.display import visible

CONFIG_STEPS: frozenset[StepId] = frozenset({"config", "cause", "fix"})
"""The steps beside which the config stands; beside any other stands the cause, once it is known."""


def third_panel(
    view: View, steps: Mapping[StepId, StepState], columns: int, rows: int
) -> PanelView | None:
    """Return the panel, or None while there is nothing to show.

    Args:
        view: What the step's own panel gets.
        columns: How wide a row of the panel may be.
        rows: How many rows are in view.
    """
    config = _config_panel(view, rows)
    if view.diagnosis is None or not view.diagnosis.causes or view.step in CONFIG_STEPS:
        return config
    width = columns - LINK_COLUMNS
    cause = replace(view, step="cause", state=steps["cause"], width=width, hint="")
    return replace(draw_cause(cause)[0], state=None, note="")


def _config_panel(view: View, rows: int) -> PanelView | None:
    """The config around the line that matters, which opens the whole file."""
    resolution = view.case.resolution
    place = _place(view, resolution) if resolution is not None else None
    if resolution is None or place is None:
        return None
    file, number = place
    lines = shown_lines(resolution.config.texts[file], number)
    at = number - first_shown(number)
    first = max(0, min(at - rows // 2, len(lines) - rows))
    link = f"open_config({file!r}, {number})"
    shown = [
        Row(text, link if index == at else "")
        for index, text in enumerate(lines[first : first + rows], first)
    ]
    return PanelView(f"{visible(file, 60)}:{number}".replace("[", r"\["), shown)


def _place(view: View, resolution: RequestResolution) -> tuple[str, int] | None:
    """The file and the line that the evidence names, else where the location begins."""
    causes = view.diagnosis.causes if view.diagnosis and not view.case.is_fixed else ()
    places = [item.where for cause in causes for item in cause.evidence if item.kind == "config"]
    for place in places:
        file, _, number = place.rpartition(":")
        if file in resolution.config.texts and number.isdigit():
            return file, int(number)
    if resolution.location is None:
        return None
    where = resolution.location.directive.where
    return (where.file, where.line) if where.file in resolution.config.texts else None

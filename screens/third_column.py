"""What stands beside or below a step in a large window: the cause with its evidence, the config."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from screens.config_view import first_shown, shown_lines
from screens.panes.diagnosis import draw_cause
from screens.panes.view import View
from screens.widgets.panel import PanelView, Row
from wizard.model.resolution import RequestResolution
from wizard.model.steps import StepId, StepState
from wizard.text.display import visible

CONFIG_STEPS: frozenset[StepId] = frozenset({"config", "cause", "fix"})
"""The steps beside which the config stands first; beside any other the cause, once it is known."""


def beside_panels(
    view: View, steps: Mapping[StepId, StepState], columns: int, rows: Sequence[int]
) -> list[PanelView]:
    """Return the panels, the one that says most beside this step first; none before the config is
    read.

    Args:
        view: What the step's own panel gets.
        columns: How wide a row of the panels may be.
        rows: How many rows of each panel are in view.
    """
    cause = _cause_panel(view, steps, columns) if view.step != "cause" else None
    is_first = view.step in CONFIG_STEPS or cause is None
    config = _config_panel(view, rows[0] if is_first else rows[1])
    both = (config, cause) if is_first else (cause, config)
    return [panel for panel in both if panel is not None]


def _cause_panel(view: View, steps: Mapping[StepId, StepState], columns: int) -> PanelView | None:
    """The cause with its evidence, once it is known."""
    if view.diagnosis is None or not view.diagnosis.causes:
        return None
    cause = replace(view, step="cause", state=steps["cause"], width=columns, hint="")
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
    title = f"{visible(file, 60)}:{number}".replace("[", r"\[")
    return PanelView(title, shown, is_flexible=True)


def _place(view: View, resolution: RequestResolution) -> tuple[str, int] | None:
    """The file and the line that the evidence names, else where the location begins."""
    causes = view.diagnosis.causes if view.diagnosis and not view.case.is_fixed else ()
    places = (item.line for cause in causes for item in cause.evidence)
    known = (place for place in places if place and place[0] in resolution.config.texts)
    if place := next(known, None):
        return place
    if resolution.location is None:
        return None
    where = resolution.location.directive.where
    return (where.file, where.line) if where.file in resolution.config.texts else None

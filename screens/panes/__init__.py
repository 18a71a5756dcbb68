"""What each step shows: functions that draw panels from the investigation's values."""

from collections.abc import Callable, Mapping, Sequence

from screens.panes import config, diagnosis, fix, logs, probes
from screens.panes.view import View
from screens.widgets.panel import PanelView
from wizard.model.steps import StepId

DrawPanes = Callable[[View], Sequence[PanelView]]
"""Draws the step's panel, and a second one below it where the step has one."""

PANES: Mapping[StepId, DrawPanes] = {
    "root": probes.draw_root,
    "proxy": probes.draw_streams,
    "direct": probes.draw_streams,
    "logs": logs.draw,
    "config": config.draw,
    "cause": diagnosis.draw_cause,
    "fix": fix.draw_fix,
    "verify": probes.draw_verify,
}

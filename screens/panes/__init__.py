"""One pane for each step: functions that draw lines from the investigation's values."""

from collections.abc import Callable, Mapping

from rich.text import Text

from screens.panes import config, diagnosis, logs, probes
from screens.panes.view import View
from wizard.model.steps import StepId

DrawPane = Callable[[View], list[Text]]

PANES: Mapping[StepId, DrawPane] = {
    "root": probes.draw_root,
    "proxy": probes.draw_streams,
    "direct": probes.draw_streams,
    "logs": logs.draw,
    "config": config.draw,
    "cause": diagnosis.draw_cause,
    "fix": diagnosis.draw_fix,
    "verify": probes.draw_verify,
}

"""One room a step: each draws what is known, from the investigation's values alone."""

from collections.abc import Callable, Mapping

from rich.text import Text

from screens.panes import cause, config, fix, logs, root, streams, verify
from screens.panes.view import View
from wizard.model.steps import StepId

Draw = Callable[[View], list[Text]]

PANES: Mapping[StepId, Draw] = {
    "root": root.draw,
    "proxy": streams.draw,
    "direct": streams.draw,
    "logs": logs.draw,
    "config": config.draw,
    "cause": cause.draw,
    "fix": fix.draw,
    "verify": verify.draw,
}

"""The steps at the left: the sign of each one's state, its name, and its result in a word."""

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click

from screens.widgets.lines import Lines
from screens.widgets.style import ACCENT, DIM, GLYPHS, STYLES, fit, line
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Source, Target
from wizard.text.columns import pad, width
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr

_INPUTS = (tr("direct"), tr("config"), tr("log"))
_INPUT_COLUMNS = max(map(width, _INPUTS)) + 1


def _inputs(target: Target) -> tuple[str, str, str]:
    """The backend's address, the name of the config and those of the logs; empty where none is."""
    direct = [
        urlsplit(source.locator).netloc.rpartition("@")[2] or source.locator
        for source in target.direct
    ]
    conf = (_file(target.conf) or "nginx -T") if target.conf else ""
    return (
        safe(comma_list(direct), 100),
        safe(conf, 100),
        safe(comma_list(map(_file, target.logs)), 100),
    )


def _file(source: Source) -> str:
    return source.name or source.locator.rpartition("/")[2]


class StepList(Lines, can_focus=True):
    """One row for each step, the shown one marked."""

    DEFAULT_CSS = """
    StepList {
        width: 24; height: 1fr; padding: 0 1;
        border: round $panel-border; border-title-color: $foreground; border-title-style: bold;
        background: $background;
    }
    StepList:focus { border: round $where; border-title-style: bold reverse; }
    """
    BORDER_TITLE = tr("Steps")
    NAMES: ClassVar[Mapping[StepId, str]] = {
        "root": tr("Root"), "proxy": tr("Proxy"), "direct": tr("Direct"), "logs": tr("Logs"),
        "config": tr("Config"), "cause": tr("Cause"), "fix": tr("Fix"), "verify": tr("Verify"),
    }  # fmt: skip
    COLUMNS = 20
    """Columns of a row, inside border and padding."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "screen.move(-1)", tr("up"), show=False, id="list.up"),
        Binding("down,j", "screen.move(1)", tr("down"), show=False, id="list.down"),
    ]

    def show_states(
        self,
        states: Mapping[StepId, StepState],
        words: Mapping[StepId, str],
        chosen: StepId,
        target: Target,
    ) -> None:
        """Draw these states, each with its result in a word, and the chosen step marked; below
        them what the steps were given."""
        rows = [self._row(states[step], words.get(step, ""), step == chosen) for step in STEPS]
        self.show([*rows, Text(), *map(self._input_row, _INPUTS, _inputs(target))])

    def _input_row(self, name: str, value: str) -> Text:
        head = f" {pad(name, _INPUT_COLUMNS)}"
        return fit(line((head, DIM), (value or "–", DIM)), self.COLUMNS, pad=False)

    async def on_click(self, event: Click) -> None:
        """Choose the step that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(STEPS):
            await self.run_action(f"screen.choose({offset.y + 1})")

    def _row(self, state: StepState, word: str, is_chosen: bool) -> Text:
        number, style = STEPS.index(state.id) + 1, STYLES[state.state]
        name = (self.NAMES[state.id], f"bold {ACCENT}" if is_chosen else "")
        left = line(("›" if is_chosen else " ", ACCENT), (GLYPHS[state.state], style),
                    (f" {number} ", DIM), name)  # fmt: skip
        room = self.COLUMNS - left.cell_len - 1
        right = line((word, style if state.state in ("warn", "fail") else DIM))
        right = fit(right, room, pad=False)
        return line(left, " " * (1 + room - right.cell_len), right)

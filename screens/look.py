"""A place that was chosen: tried at once, given a name, and told what to look at there."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Input, Label, Static

from screens.asking import LOCAL_NGINX
from screens.given import LOGS, Draft, Given
from wizard.errors import UsageError
from wizard.model import StepId
from wizard.report.ladder import equipment_words
from wizard.target import Target
from wizard.text import safe
from wizard.vantage import Equipment, Vantage
from wizard.vantage.outpost import Outpost
from wizard.vantage.presets import Preset


async def tried(vantage: Vantage) -> Equipment:
    """What is there. Never raises, takes a bounded time."""
    return await Outpost(vantage).equipment()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One field: what it is for, and how its text is read."""

    id: str
    label: str
    example: str
    read: Callable[[Draft, str], object]


_FIELDS = (
    _Asked("name", "What this place is called", "web", lambda draft, _: draft.vantage),
    _Asked("direct", "The backend's own URL, as it is reached from there",
           "http://127.0.0.1:12213/sse", Draft.urls),
    _Asked("conf", "The Nginx config there: nginx -T, or a file", "nginx -T", Draft.conf),
    _Asked("log", "A log there: a file, or a command", "/var/log/nginx/access.log",
           Draft.log),
)  # fmt: skip
_FIRST: dict[StepId, str] = {"direct": "direct", "config": "conf", "logs": "log"}
"""What is asked first, by the step from which the place was asked for."""


class Look(Screen[Given]):
    """Name it and say what to look at; each field but the name may stay empty.

    Attributes:
        known: What was found there; None while it is being tried.
    """

    DEFAULT_CSS = """
    Look VerticalScroll { padding: 0 2; scrollbar-size-vertical: 1; }
    Look Label { height: auto; margin-top: 1; }
    Look Input { padding: 0 1; }
    Look .error { height: auto; color: $error; display: none; }
    Look .error.-wrong { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "take it", id="look.take", tooltip="Look there"),
        Binding("escape", "dismiss", "back", id="look.back", tooltip="Choose another place"),
    ]

    def __init__(self, target: Target, preset: Preset, step: StepId | None = None) -> None:
        super().__init__()
        self._proposal = Draft.of(target, preset)
        self.known: Equipment | None = None
        self._first = _FIRST.get(step, "name") if step else "name"

    def compose(self) -> ComposeResult:
        """The command, what was found there, a field for each thing to look at."""
        with VerticalScroll(can_focus=False):
            yield Static(safe(f"{shlex.join(self._proposal.preset.prefix)} …", 300), markup=False)
            yield Static("trying it …", id="found", markup=False)
            for field in _FIELDS:
                yield Label(self._label(field), markup=False)
                line = Input(self._proposed(field.id), field.example, id=field.id, compact=True)
                # Selected, what is proposed would be lost with the next key.
                line.cursor_blink = line.select_on_focus = False
                yield line
                yield Static("", id=f"{field.id}-error", classes="error", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def _label(self, field: _Asked) -> str:
        if field.id != "log" or not self._proposal.preset.logs:
            return field.label
        return f"{field.label}; {LOGS}: {self._proposal.preset.logs[0]} logs, run here"

    def _proposed(self, field: str) -> str:
        if field == "name":
            return self._proposal.name
        if field != self._first:
            return ""
        return {"conf": LOCAL_NGINX, "log": LOGS if self._proposal.preset.logs else ""}.get(
            field, ""
        )

    def on_mount(self) -> None:
        """Try the place while the fields are filled in."""
        self.query_one(f"#{self._first}", Input).focus()
        self._try()

    @work(group="try")
    async def _try(self) -> None:
        self.known = await tried(self._proposal.vantage)
        words = equipment_words(self.known)
        found = words if self.known.problem else f"found there: {words or 'nothing that asks'}"
        self.query_one("#found", Static).update(found)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the next field, or take it."""
        if event.input.id == _FIELDS[-1].id:
            self.action_take()
        elif self._is_fine(next(field for field in _FIELDS if field.id == event.input.id)):
            self.focus_next()

    def action_take(self) -> None:
        """Take it if every field is fine; else go to the first that is not."""
        wrong = [field for field in _FIELDS if not self._is_fine(field)]
        if wrong:
            self.query_one(f"#{wrong[0].id}", Input).focus()
        else:
            self.dismiss(self._given())

    def _draft(self) -> Draft:
        return replace(self._proposal, name=self._text("name"))

    def _given(self) -> Given:
        conf, log, draft = self._text("conf"), self._text("log"), self._draft()
        return Given(
            draft.vantage,
            draft.urls(self._text("direct")),
            draft.conf(conf) if conf else None,
            (draft.log(log),) if log else (),
            replace(self.known, vantage=draft.name) if self.known else None,
        )

    def _text(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def _is_fine(self, field: _Asked) -> bool:
        """Whether the field can be read; says below it why not."""
        text, error = self._text(field.id), ""
        if text or field.id == "name":
            try:
                field.read(self._draft(), text)
            except UsageError as problem:
                error = str(problem)
        shown = self.query_one(f"#{field.id}-error", Static)
        shown.update(error)
        shown.set_class(bool(error), "-wrong")
        return not error

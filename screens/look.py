"""A place that was chosen: tried at once, given a name, and told what to look at there."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Input, Label, Static

from screens.asking import LOCAL_NGINX
from screens.fields import Fields
from screens.given import LOGS, Draft, Given
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
_READERS = {field.id: field.read for field in _FIELDS}
_FIRST: dict[StepId, str] = {"direct": "direct", "config": "conf", "logs": "log"}
"""What is asked first, by the step from which the place was asked for."""


class Look(Fields[Given]):
    """Name it and say what to look at; each field but the name may stay empty.

    Attributes:
        known: What was found there; None while it is being tried.
    """

    IDS = tuple(field.id for field in _FIELDS)
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
                yield self.error_of(field.id)
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

    def check(self, field: str, text: str) -> None:
        """Read it; all but the name may stay empty."""
        if text or field == "name":
            _READERS[field](self._draft(), text)

    def take(self) -> None:
        """Leave with the place."""
        self.dismiss(self._given())

    def _draft(self) -> Draft:
        return replace(self._proposal, name=self.text("name"))

    def _given(self) -> Given:
        conf, log, draft = self.text("conf"), self.text("log"), self._draft()
        return Given(
            draft.vantage,
            draft.urls(self.text("direct")),
            draft.conf(conf) if conf else None,
            (draft.log(log),) if log else (),
            replace(self.known, vantage=draft.name) if self.known else None,
        )

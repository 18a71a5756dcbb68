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

from screens.questions import LOCAL_NGINX, config_of, urls
from screens.widgets.fields import Fields
from wizard.model.parse import parse_log, parse_vantages
from wizard.model.steps import StepId
from wizard.model.target import LOCAL, Source, Target
from wizard.model.vantage import Capabilities, Vantage
from wizard.report.hops import capabilities_text
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.vantage.presets import Preset
from wizard.vantage.session import VantageSession

LOGS = "logs"
"""The word that stands for the preset's own command."""


@dataclass(frozen=True, slots=True)
class Given:
    """A place to look from, and what to look at there.

    Attributes:
        known: What was found there; None if that is not known yet.
    """

    vantage: Vantage
    direct: tuple[Source, ...] = ()
    conf: Source | None = None
    logs: tuple[Source, ...] = ()
    known: Capabilities | None = None

    def added(self, target: Target) -> Target:
        """The target with it."""
        return replace(
            target,
            vantages=tuple(dict.fromkeys((*target.vantages, self.vantage))),
            direct=tuple(dict.fromkeys((*target.direct, *self.direct))),
            conf=self.conf or target.conf,
            logs=tuple(dict.fromkeys((*target.logs, *self.logs))),
        )

    @property
    def words(self) -> str:
        """The place and what is looked at there, in one line."""
        conf = [f"{self.conf.locator or 'nginx -T'}"] if self.conf else []
        what = [*(one.locator for one in self.direct), *conf, *(one.locator for one in self.logs)]
        return safe(f"{self.vantage.name}: {'; '.join(what) or shlex.join(self.vantage.prefix)}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A place under the name that was typed; all it reads raises a `UsageError` that says what
    is wrong."""

    target: Target
    preset: Preset
    name: str

    @property
    def vantage(self) -> Vantage:
        """The place: one that is known already, or a new one."""
        known = self.target.vantage(self.name)
        if known is not None and known.prefix == self.preset.prefix:
            return known
        before = [f"{one.name}={shlex.join(one.prefix)}" for one in self.target.vantages]
        text = f"{self.name}={shlex.join(self.preset.prefix)}"
        try:
            return parse_vantages([*before, text])[-1]
        except UsageError as error:
            raise UsageError(str(error).removeprefix(f"--vantage {text}: ")) from None

    @classmethod
    def of(cls, target: Target, preset: Preset) -> "Draft":
        """Under the proposed name, unless another place has it."""
        taken = {LOCAL, *(one.name for one in target.vantages if one.prefix != preset.prefix)}
        names = [preset.name, *(f"{preset.name}-{n}" for n in range(2, len(taken) + 3))]
        return cls(target, preset, next(name for name in names if name not in taken))

    def urls(self, text: str) -> tuple[Source, ...]:
        """The backend's URLs, as they are reached from there."""
        return urls(" ".join(f"{self.name}={url}" for url in text.split()), [self.vantage])

    def conf(self, text: str) -> Source:
        """`nginx -T` or a file there."""
        return config_of(f"{self.name}={text}", [self.vantage])

    def log(self, text: str) -> Source:
        """A file or a command there; the tool that leads there shows its own log from here."""
        there = self.vantage
        if text == LOGS and self.preset.logs:
            text = shlex.join(self.preset.logs)
        words = text.split()
        if len(words) > 1 and words[0] == there.prefix[0]:
            return parse_log(f"{self._log_name()}={text}")
        return parse_log(f"{there.name}={text}", [there])

    def _log_name(self) -> str:
        """Another log of the same place has another name."""
        taken = {one.name for one in self.target.logs}
        names = (f"{self.name}-log{f'-{n}' if n > 1 else ''}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)


async def tried(vantage: Vantage) -> Capabilities:
    """What is there. Never raises, takes a bounded time."""
    return await VantageSession(vantage).capabilities()


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
        self.known: Capabilities | None = None
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
        words = capabilities_text(self.known)
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

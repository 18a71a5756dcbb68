"""The form for a chosen vantage: its name, and what to read there. It is tried at once."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from screens.questions import LOCAL_NGINX, parse_config, parse_urls
from screens.widgets.fields import Fields, make_input
from screens.widgets.footer import Keys
from wizard.model.parse import parse_log, parse_vantages
from wizard.model.steps import StepId
from wizard.model.target import LOCAL, Source, Target
from wizard.model.vantage import Capabilities, Vantage
from wizard.report.hops import capabilities_text
from wizard.text.display import clauses, safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr
from wizard.vantage.presets import Preset
from wizard.vantage.session import VantageSession

LOGS = "logs"
"""What the user types for the preset's own log command."""


@dataclass(frozen=True, slots=True)
class VantageInput:
    """A vantage, and what to read or request there.

    Attributes:
        capabilities: What was discovered there; None if that has not ended.
    """

    vantage: Vantage
    direct: tuple[Source, ...] = ()
    conf: Source | None = None
    logs: tuple[Source, ...] = ()
    capabilities: Capabilities | None = None

    def added_to(self, target: Target) -> Target:
        """Return the target with the vantage and its sources."""
        return replace(
            target,
            vantages=tuple(dict.fromkeys((*target.vantages, self.vantage))),
            direct=tuple(dict.fromkeys((*target.direct, *self.direct))),
            conf=self.conf or target.conf,
            logs=tuple(dict.fromkeys((*target.logs, *self.logs))),
        )

    @property
    def summary(self) -> str:
        """The vantage's name and its sources, in one line."""
        conf = [self.conf.locator or LOCAL_NGINX] if self.conf else []
        direct, logs = ([item.locator for item in items] for items in (self.direct, self.logs))
        sources = clauses((*direct, *conf, *logs))
        return safe(f"{self.vantage.name}: {sources or shlex.join(self.vantage.prefix)}")


@dataclass(frozen=True, slots=True)
class VantageDraft:
    """A vantage with the name that was typed; every method raises `UsageError` for a bad text."""

    target: Target
    preset: Preset
    name: str

    @property
    def vantage(self) -> Vantage:
        """The vantage: one that the target has already, or a new one."""
        existing = self.target.vantage(self.name)
        if existing is not None and existing.prefix == self.preset.prefix:
            return existing
        before = [f"{item.name}={shlex.join(item.prefix)}" for item in self.target.vantages]
        text = f"{self.name}={shlex.join(self.preset.prefix)}"
        try:
            return parse_vantages([*before, text])[-1]
        except UsageError as error:
            raise UsageError(str(error).removeprefix(f"--vantage {text}: ")) from None

    @classmethod
    def of(cls, target: Target, preset: Preset) -> "VantageDraft":
        """Return a draft with the proposed name, or a similar one if another vantage has it."""
        others = (item for item in target.vantages if item.prefix != preset.prefix)
        taken = {LOCAL, *(item.name for item in others)}
        names = [preset.name, *(f"{preset.name}-{n}" for n in range(2, len(taken) + 3))]
        return cls(target, preset, next(name for name in names if name not in taken))

    def urls(self, text: str) -> tuple[Source, ...]:
        """Parse the backend's URLs, as they are reached from the vantage."""
        return parse_urls(" ".join(f"{self.name}={url}" for url in text.split()), [self.vantage])

    def conf(self, text: str) -> Source:
        """Parse `nginx -T` or a file at the vantage."""
        return parse_config(f"{self.name}={text}", [self.vantage])

    def log(self, text: str) -> Source:
        """Parse a file or a command at the vantage.

        A command of the tool that leads to the vantage (`docker logs`) runs on this machine.
        """
        vantage = self.vantage
        if text == LOGS and self.preset.logs:
            text = shlex.join(self.preset.logs)
        words = text.split()
        if len(words) > 1 and words[0] == vantage.prefix[0]:
            return parse_log(f"{self._log_name()}={text}")
        return parse_log(f"{vantage.name}={text}", [vantage])

    def _log_name(self) -> str:
        """Return a log name that the target does not have yet."""
        taken = {log.name for log in self.target.logs}
        names = (f"{self.name}-log{f'-{n}' if n > 1 else ''}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)


async def discover_capabilities(vantage: Vantage) -> Capabilities:
    """Return what the vantage has. Never raises, and takes a bounded time."""
    return await VantageSession(vantage).discover()


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its label, an example, and the function that parses its text."""

    id: str
    label: str
    example: str
    parse: Callable[[VantageDraft, str], object]


_FIELDS = (
    _Field("name", tr("What this place is called"), "web", lambda draft, _: draft.vantage),
    _Field(
        "direct",
        tr("The backend's own URL, as it is reached from there"),
        "http://127.0.0.1:12213/sse",
        VantageDraft.urls,
    ),
    _Field(
        "conf", tr("The Nginx config there: nginx -T, or a file"), LOCAL_NGINX, VantageDraft.conf
    ),
    _Field(
        "log",
        tr("A log there: a file, or a command"),
        "/var/log/nginx/access.log",
        VantageDraft.log,
    ),
)
_PARSERS = {field.id: field.parse for field in _FIELDS}
_FIRST_FIELD: dict[StepId, str] = {"direct": "direct", "config": "conf", "logs": "log"}
"""The field that has the focus first, by the step from which the form was opened."""


class VantageForm(Fields[VantageInput]):
    """Fields for a vantage's name and sources; each field but the name may stay empty.

    Attributes:
        capabilities: What was discovered there; None while it is being tried.
    """

    IDS = tuple(field.id for field in _FIELDS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", tr("use it"), id="look.take", tooltip=tr("Look there")),
        Binding(
            "escape", "dismiss", tr("back"), id="look.back", tooltip=tr("Choose another place")
        ),
    ]

    def __init__(self, target: Target, preset: Preset, step: StepId | None = None) -> None:
        super().__init__()
        self._proposal = VantageDraft.of(target, preset)
        self.capabilities: Capabilities | None = None
        self._first = _FIRST_FIELD.get(step, "name") if step else "name"

    def compose(self) -> ComposeResult:
        """Yield the command, what was discovered, and the fields."""
        with VerticalScroll(can_focus=False):
            yield Static(safe(f"{shlex.join(self._proposal.preset.prefix)} …", 300), markup=False)
            yield Static(tr("trying it …"), id="found", markup=False)
            for field in _FIELDS:
                is_required = field.id == "name"
                label = self._label(field)
                yield make_input(
                    field.id,
                    tr("{label} (required)", label=label)
                    if is_required
                    else tr("{label} (optional)", label=label),
                    field.example,
                    text=self._proposed_text(field.id),
                    is_required=is_required,
                )
                yield self.error_of(field.id)
        yield Keys()

    def _label(self, field: _Field) -> str:
        if field.id != "log" or not self._proposal.preset.logs:
            return field.label
        return tr(
            "{label}; {word}: {tool} logs here",
            label=field.label,
            word=LOGS,
            tool=self._proposal.preset.logs[0],
        )

    def _proposed_text(self, field: str) -> str:
        if field == "name":
            return self._proposal.name
        if field != self._first:
            return ""
        log = LOGS if self._proposal.preset.logs else ""
        return {"conf": LOCAL_NGINX, "log": log}.get(field, "")

    def on_mount(self) -> None:
        """Try the vantage while the user fills in the fields."""
        self.input_of(self._first).focus()
        self._discover()

    @work(group="discover")
    async def _discover(self) -> None:
        self.capabilities = await discover_capabilities(self._proposal.vantage)
        text = capabilities_text(self.capabilities)
        found = tr("found there: {text}", text=text or tr("no tool that can send a request"))
        self.query_one("#found", Static).update(text if self.capabilities.problem else found)

    def check(self, field: str, text: str) -> None:
        """Parse a field; all but the name may stay empty."""
        if text or field == "name":
            _PARSERS[field](self._draft(), text)

    def take(self) -> None:
        """Dismiss the form with the vantage."""
        conf, log, draft = self.text("conf"), self.text("log"), self._draft()
        self.dismiss(
            VantageInput(
                draft.vantage,
                draft.urls(self.text("direct")),
                draft.conf(conf) if conf else None,
                (draft.log(log),) if log else (),
                replace(self.capabilities, vantage=draft.name) if self.capabilities else None,
            )
        )

    def _draft(self) -> VantageDraft:
        return replace(self._proposal, name=self.text("name"))

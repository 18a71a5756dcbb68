"""The form for the target, shown where no URL was given; it offers the last case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Input, Label, Static

from screens.questions import parse_existing_config, parse_existing_log, parse_urls
from screens.saved_cases import InterruptedCase
from screens.vantage_form import VantageInput
from screens.vantage_picker import VantagePicker
from screens.widgets.fields import Fields
from wizard.model.parse import check_url, is_websocket, parse_header
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage
from wizard.text.display import safe
from wizard.text.errors import UsageError


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its label, an example, and the function that parses its text."""

    id: str
    label: str
    example: str
    parse: Callable[[str, Sequence[Vantage]], object]


FIELDS = (
    Field("url", "The stream's public URL", "https://mcp.example.com/sse",
          lambda text, _: check_url(text)),
    Field("direct", "The backend's own URL, as Nginx reaches it (makes it sure)",
          "http://127.0.0.1:12213/sse", parse_urls),
    Field("conf", "The Nginx config, a saved dump, or nginx -T to run that here",
          "/etc/nginx/nginx.conf", parse_existing_config),
    Field("log", "A log file", "/var/log/nginx/access.log", parse_existing_log),
    Field("header", "A header to send (never shown, never kept)", "Authorization: Bearer …",
          lambda text, _: parse_header(text)),
)  # fmt: skip
_PARSERS = {field.id: field.parse for field in FIELDS}


class TargetForm(Fields[Target]):
    """Fields for the target; only the URL is required."""

    DEFAULT_CSS = """
    TargetForm #places { height: auto; display: none; }
    TargetForm #places.-some { display: block; }
    """
    IDS = tuple(field.id for field in FIELDS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "start", id="form.start", tooltip="Check the fields and begin"),
        Binding(
            "ctrl+p",
            "elsewhere",
            "elsewhere",
            id="form.elsewhere",
            tooltip="Look from another place too: a pod, a host, a container",
        ),
        Binding("ctrl+l", "last", "last case", id="form.last", tooltip="Take over the last case"),
        Binding("escape", "app.quit", "quit", id="form.quit", tooltip="Leave"),
    ]

    def __init__(
        self, last: Target | None = None, interrupted: InterruptedCase | None = None
    ) -> None:
        super().__init__()
        self._last, self._interrupted = last, interrupted
        self._vantages: tuple[VantageInput, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the offers, then a label, an input and an error line for each field."""
        with VerticalScroll(can_focus=False):
            yield Static(
                "Which stream hangs? Enter goes on to the next field and begins at the last.",
                markup=False,
            )
            if self._interrupted is not None:
                yield Static(f"{self._interrupted.summary}: Ctrl-O opens it.", markup=False)
            if self._last is not None:
                yield Static(
                    f"Last case: {safe(self._last.url, 100)} (Ctrl-L takes it)", markup=False
                )
            yield Static(id="places", markup=False)
            for field in FIELDS:
                yield Label(field.label, markup=False)
                field_input = Input(placeholder=field.example, id=field.id, compact=True)
                field_input.password = field.id == "header"
                field_input.cursor_blink = False
                yield field_input
                yield self.error_of(field.id)
        yield Footer(show_command_palette=False, compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key of the last case if there is none."""
        return self._last is not None if action == "last" else True

    def action_last(self) -> None:
        """Fill in the last case."""
        if self._last is None:
            return
        values = {
            "url": self._last.typed_url,
            "direct": next((source.locator for source in self._last.direct), ""),
            "conf": self._last.conf.locator if self._last.conf else "",
            "log": next((source.locator for source in self._last.logs), ""),
        }
        for field, value in values.items():
            self.input_of(field).value = value
        for field in self.IDS:
            self.is_valid(field)

    def check(self, field: str, text: str) -> None:
        """Parse a field; all but the URL may stay empty."""
        if not text and field == "url":
            raise UsageError("a URL is needed: http:// or https://")
        self._parse(field, text)

    def take(self) -> None:
        """Dismiss the form with the target."""
        self.dismiss(self._target())

    def action_elsewhere(self) -> None:
        """Choose a vantage."""
        picker = VantagePicker(self._with_vantages(Target("")))
        self.app.push_screen(picker, self._take_vantage)

    def _take_vantage(self, chosen: VantageInput | None) -> None:
        if chosen is None:
            return
        self._vantages = (*self._vantages, chosen)
        shown = self.query_one("#places", Static)
        shown.update("\n".join(f"From {vantage.summary}" for vantage in self._vantages))
        shown.add_class("-some")

    def _with_vantages(self, target: Target) -> Target:
        """Return the target with the vantages that were chosen."""
        for vantage in self._vantages:
            target = vantage.added_to(target)
        return target

    def _target(self) -> Target:
        values = {field: self._parse(field, self.text(field)) for field in self.IDS}
        direct, conf, log, header = (values[name] for name in ("direct", "conf", "log", "header"))
        target = Target(
            str(values["url"]),
            direct=direct if isinstance(direct, tuple) else (),
            conf=conf if isinstance(conf, Source) else None,
            logs=(log,) if isinstance(log, Source) else (),
            headers=((str(header[0]), str(header[1])),) if isinstance(header, tuple) else (),
            upgrade=any(is_websocket(self.text(field)) for field in ("url", "direct")),
        )
        return self._with_vantages(target)

    def _parse(self, field: str, text: str) -> object:
        vantages = self._with_vantages(Target("")).vantages
        return _PARSERS[field](text, vantages) if text else None

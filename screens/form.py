"""Started without a URL: a form with checked fields, and the last case offered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Input, Label, Static

from screens.questions import config, log, urls
from screens.saved_cases import CutOff
from screens.vantage_form import Given
from screens.vantage_picker import Places
from screens.widgets.fields import Fields
from wizard.model.parse import check_url, parse_header
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage
from wizard.text.display import safe
from wizard.text.errors import UsageError


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it is for, an example, and how its text is read; other places are known."""

    id: str
    label: str
    example: str
    read: Callable[[str, Sequence[Vantage]], object]


FIELDS = (
    Field("url", "The stream's public URL", "https://mcp.example.com/sse",
          lambda text, _: check_url(text)),
    Field("direct", "The backend's own URL, as Nginx reaches it (makes it sure)",
          "http://127.0.0.1:12213/sse", urls),
    Field("conf", "The Nginx config, a saved dump, or nginx -T to run that here",
          "/etc/nginx/nginx.conf", config),
    Field("log", "A log file", "/var/log/nginx/access.log", log),
    Field("header", "A header to send (never shown, never kept)", "Authorization: Bearer …",
          lambda text, _: parse_header(text)),
)  # fmt: skip
_READERS = {field.id: field.read for field in FIELDS}


class Form(Fields[Target]):
    """Asks for the target; only the URL is needed."""

    DEFAULT_CSS = """
    Form #places { height: auto; display: none; }
    Form #places.-some { display: block; }
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

    def __init__(self, last: Target | None = None, cut: CutOff | None = None) -> None:
        super().__init__()
        self._last, self._cut = last, cut
        self._places: tuple[Given, ...] = ()

    def compose(self) -> ComposeResult:
        """A label, an input and a place for what is wrong, for each field."""
        with VerticalScroll(can_focus=False):
            yield Static(
                "Which stream hangs? Enter goes on to the next field and begins at the last.",
                markup=False,
            )
            if self._cut is not None:
                yield Static(f"{self._cut.words}: Ctrl-O opens it.", markup=False)
            if self._last is not None:
                yield Static(
                    f"Last case: {safe(self._last.url, 100)} (Ctrl-L takes it)", markup=False
                )
            yield Static(id="places", markup=False)
            for field in FIELDS:
                yield Label(field.label, markup=False)
                line = Input(placeholder=field.example, id=field.id, compact=True)
                line.password = field.id == "header"
                line.cursor_blink = False
                yield line
                yield self.error_of(field.id)
        yield Footer(show_command_palette=False, compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No last case, no key for it."""
        return self._last is not None if action == "last" else True

    def action_last(self) -> None:
        """Fill in the last case."""
        if self._last is None:
            return
        values = {
            "url": self._last.url,
            "direct": next((place.locator for place in self._last.direct), ""),
            "conf": self._last.conf.locator if self._last.conf else "",
            "log": next((place.locator for place in self._last.logs), ""),
        }
        for name, value in values.items():
            self.query_one(f"#{name}", Input).value = value
        for field in self.IDS:
            self.is_fine(field)

    def check(self, field: str, text: str) -> None:
        """Read it; all but the URL may stay empty."""
        if not text and field == "url":
            raise UsageError("a URL is needed: http:// or https://")
        self._read(field, text)

    def take(self) -> None:
        """Begin."""
        self.dismiss(self._target())

    def action_elsewhere(self) -> None:
        """Choose another place to look from."""
        self.app.push_screen(Places(self._elsewhere(Target(""))), self._take)

    def _take(self, given: Given | None) -> None:
        if given is None:
            return
        self._places = (*self._places, given)
        shown = self.query_one("#places", Static)
        shown.update("\n".join(f"From {one.words}" for one in self._places))
        shown.add_class("-some")

    def _elsewhere(self, target: Target) -> Target:
        """The target with the other places that were chosen."""
        for given in self._places:
            target = given.added(target)
        return target

    def _target(self) -> Target:
        read = {field: self._read(field, self.text(field)) for field in self.IDS}
        direct, conf, log, header = (read[name] for name in ("direct", "conf", "log", "header"))
        target = Target(
            str(read["url"]),
            direct=direct if isinstance(direct, tuple) else (),
            conf=conf if isinstance(conf, Source) else None,
            logs=(log,) if isinstance(log, Source) else (),
            headers=((str(header[0]), str(header[1])),) if isinstance(header, tuple) else (),
        )
        return self._elsewhere(target)

    def _read(self, field: str, text: str) -> object:
        return _READERS[field](text, self._elsewhere(Target("")).vantages) if text else None

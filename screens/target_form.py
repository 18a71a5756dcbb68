"""The form for the target, shown where no URL was given; it offers the last case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Input, Label, Static

from screens.curl_input import CurlInput, describe_command
from screens.questions import parse_existing_config, parse_existing_log, parse_urls
from screens.saved_cases import InterruptedCase
from screens.vantage_form import VantageInput
from screens.vantage_picker import VantagePicker
from screens.widgets.fields import Fields
from wizard.model.body import read_body
from wizard.model.client_request import ClientRequest, body_type_of
from wizard.model.parse import check_url, is_curl, is_websocket, parse_header, parse_method
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import plural
from wizard.text.redaction import redact


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
    Field("method", "The method, and the body or @FILE, if it is not a GET", "GET",
          lambda text, _: parse_method(text)),
    Field("body", "", '{"stream": true}', lambda text, _: read_body([text])),
)  # fmt: skip
_PARSERS = {field.id: field.parse for field in FIELDS}
_PLACEHOLDERS = {field.id: field.example for field in FIELDS}


def _input_for(field: Field) -> Input:
    kind = CurlInput if field.id == "url" else Input
    field_input = kind(placeholder=field.example, id=field.id, compact=True)
    field_input.password = field.id == "header"
    field_input.cursor_blink = False
    return field_input


class TargetForm(Fields[Target]):
    """Fields for the target; only the URL is required."""

    DEFAULT_CSS = """
    TargetForm #places, TargetForm #command { height: auto; display: none; }
    TargetForm #places.-some, TargetForm #command.-some { display: block; }
    TargetForm #request { height: auto; }
    TargetForm #method { width: 12; margin-right: 1; }
    TargetForm #body { width: 1fr; }
    """
    IDS = tuple(field.id for field in FIELDS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "start", id="form.start", tooltip="Check the fields and begin"),
        Binding(
            "ctrl+n",
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
        self._command: ClientRequest | None = None
        self._needs_body = False

    def compose(self) -> ComposeResult:
        """Yield the offers, then a label, an input and an error line for each field."""
        with VerticalScroll(can_focus=False):
            yield Static(
                "Which stream hangs? Give its URL, or paste a curl command (Copy as cURL). Enter "
                "goes on to the next field and begins at the last.",
                markup=False,
            )
            if self._interrupted is not None:
                yield Static(f"{self._interrupted.summary}: Ctrl-O opens it.", markup=False)
            if self._last is not None:
                yield Static(
                    f"Last case: {safe(self._last.url, 100)} (Ctrl-L takes it)", markup=False
                )
            yield Static(id="places", markup=False)
            for field in FIELDS[:-2]:
                yield Label(field.label, markup=False)
                yield _input_for(field)
                yield self.error_of(field.id)
                if field.id == "url":
                    yield Static(id="command", markup=False)
            method, body = FIELDS[-2:]
            yield Label(method.label, markup=False)
            yield Horizontal(_input_for(method), _input_for(body), id="request")
            yield from (self.error_of(method.id), self.error_of(body.id))
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
            "method": "" if self._last.method == "GET" else self._last.method,
        }
        self._needs_body = bool(self._last.body)
        for field, value in values.items():
            self.input_of(field).value = value
        for field in self.IDS:
            self.is_valid(field)

    def check(self, field: str, text: str) -> None:
        """Parse a field; all but the URL may stay empty. A curl command fills the fields."""
        if not text and field == "url":
            raise UsageError("a URL is needed: http:// or https://")
        if field == "url" and is_curl(text):
            self._take_command(text)
        elif field == "body" and not text:
            self._require_body()
        else:
            self._parse(field, text)

    def _require_body(self) -> None:
        """Raise `UsageError` if a body is needed that neither the case nor the command has."""
        if self._needs_body:
            raise UsageError("the body of the last case was not kept: give it again")
        if self._command is not None and self._command.missing_body:
            raise UsageError(self._command.missing_body.removeprefix("--curl: "))

    @on(CurlInput.Pasted)
    def _fill_from_command(self, event: CurlInput.Pasted) -> None:
        """Fill the fields, or show below the URL why the command is not understood."""
        try:
            self._take_command(event.text)
        except UsageError as problem:
            self.show_error("url", str(problem))

    def _take_command(self, text: str) -> None:
        """Show what a command asks for; its headers and its body stay out of sight.

        Raises `UsageError`.
        """
        # Imported here: its patterns take time to compile, and most forms need none of them.
        from wizard.model.curl_command import parse_curl

        request = parse_curl(text)
        method = request.method or ("" if request.body is None else "POST")
        self._needs_body = False
        self.input_of("url").value = request.url
        self.input_of("method").value = method
        self.input_of("body").value = ""
        size = plural(len(request.body or b""), "byte")
        body = f"of the curl command, {size}" if request.body is not None else ""
        self.input_of("body").placeholder = body or _PLACEHOLDERS["body"]
        self._set_command(request)
        for field in ("url", "method", "body"):
            self.show_error(field, "")

    def _set_command(self, request: ClientRequest | None) -> None:
        self._command = request
        shown = self.query_one("#command", Static)
        shown.update(describe_command(request) if request else "")
        shown.set_class(request is not None, "-some")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Hide a body with a secret; drop the command where its URL is deleted."""
        if event.input.id == "body":
            event.input.password = redact(event.value) != event.value
        if event.input.id == "url" and not event.value and self._command is not None:
            self._set_command(None)
            self.input_of("method").value = ""
            self.input_of("body").placeholder = _PLACEHOLDERS["body"]

    def take(self) -> None:
        """Dismiss the form with the target, unless its fields contradict each other."""
        try:
            target = self._target()
        except UsageError as problem:
            self.show_error("url", str(problem))
            self.input_of("url").focus()
        else:
            self.dismiss(target)

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

    def _request(self) -> ClientRequest:
        """The request of the fields and, where they are empty, of the command."""
        texts = {field: self.text(field) for field in ("url", "method", "body", "header")}
        body = read_body([texts["body"]]) if texts["body"] else None
        typed = ClientRequest(
            check_url(texts["url"]) if texts["url"] else "",
            texts["method"],
            body,
            body_type_of(body) if body is not None else "",
            (parse_header(texts["header"]),) if texts["header"] else (),
            upgrade=any(is_websocket(self.text(field)) for field in ("url", "direct")),
        )
        return typed.or_else(self._command or ClientRequest()).completed()

    def _target(self) -> Target:
        values = {field: self._parse(field, self.text(field)) for field in self.IDS}
        direct, conf, log = (values[name] for name in ("direct", "conf", "log"))
        request = self._request()
        target = Target(
            request.url,
            direct=direct if isinstance(direct, tuple) else (),
            conf=conf if isinstance(conf, Source) else None,
            logs=(log,) if isinstance(log, Source) else (),
            headers=request.headers,
            insecure=request.insecure,
            connect_to=request.connect_to,
            upgrade=request.upgrade,
            method=request.method,
            body=request.body or b"",
            http=request.http,
        )
        return self._with_vantages(target)

    def _parse(self, field: str, text: str) -> object:
        vantages = self._with_vantages(Target("")).vantages
        return _PARSERS[field](text, vantages) if text else None

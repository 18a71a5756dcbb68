"""The form for the target, shown where no URL was given."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from screens.curl_input import CurlInput, describe_command
from screens.doubts import doubt_about_config, doubt_about_direct, doubt_about_url
from screens.path_offer import PathOffer
from screens.saved_cases import InterruptedCase
from screens.target_fields import FIELDS, FIELDS_BY_ID, MAX_REPEATED, input_for, kind_of
from screens.vantage_form import VantageInput
from screens.vantage_picker import VantagePicker
from screens.widgets.footer import Keys
from screens.widgets.header import Chip, Header
from screens.widgets.tick import Tick
from wizard.model.body import read_body
from wizard.model.client_request import ClientRequest, body_type_of
from wizard.model.parse import check_url, is_curl, is_websocket, parse_header
from wizard.model.target import Source, Target
from wizard.text.errors import UsageError
from wizard.text.messages import plural, tr
from wizard.text.redaction import redact


class TargetForm(PathOffer):
    """Fields for the target; only the URL is required."""

    DEFAULT_CSS = """
    TargetForm #places, TargetForm #command { display: none; }
    TargetForm #places.-some, TargetForm #command.-some { display: block; }
    TargetForm #request { height: auto; }
    TargetForm #method { width: 12; }
    TargetForm #body { width: 1fr; }
    """
    AUTO_FOCUS = "#url"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+s", "take", tr("start"), id="form.start", tooltip=tr("Check the fields and begin")
        ),
        Binding(
            "ctrl+n",
            "elsewhere",
            tr("another place"),
            id="form.elsewhere",
            tooltip=tr("Look from another place too: a pod, a host, a container"),
        ),
        Binding(
            "ctrl+l", "last", tr("last case"), id="form.last", tooltip=tr("Fill in the last case")
        ),
        Binding("q", "ignore", show=False),  # a typed letter beside an input must not end the app
        Binding("escape", "leave", tr("quit"), id="form.quit", tooltip=tr("Leave")),
        Binding("escape", "back", tr("back"), id="form.back", tooltip=tr("Choose something else")),
    ]

    def __init__(
        self,
        last: Target | None = None,
        interrupted: InterruptedCase | None = None,
        *,
        is_first: bool = True,
    ) -> None:
        super().__init__()
        self._is_first = is_first
        self._last, self._interrupted = last, interrupted
        self._vantages: tuple[VantageInput, ...] = ()
        self._command: ClientRequest | None = None
        self._needs_body = False
        self._ids = [field.id for field in FIELDS]

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all fields, with those of the logs and headers that were added."""
        return self._ids

    def compose(self) -> ComposeResult:
        """Yield a box, and a line for what is wrong, for each field."""
        yield Header()
        with VerticalScroll(can_focus=False):
            yield Static(
                tr("Which stream hangs? Enter its URL, or paste a curl command (Copy as cURL)."),
                markup=False,
            )
            if self._interrupted is not None:
                yield Static(
                    tr("{summary}: Ctrl-O opens it.", summary=self._interrupted.summary),
                    markup=False,
                )
            yield Static(id="places", markup=False)
            for field in FIELDS[:-2]:
                yield input_for(field)
                yield self.error_of(field.id)
                if field.id == "url":
                    yield Static(id="command", markup=False)
                    yield Tick(tr("Accept certificates that cannot be verified"), id="insecure")
            method, body = FIELDS[-2:]
            yield Horizontal(input_for(method), input_for(body), id="request")
            yield from (self.error_of(method.id), self.error_of(body.id))
        yield Keys()

    def on_resize(self) -> None:
        """Draw the first line for the new width."""
        self.query_one(Header).show_target("", tr("new investigation"), Chip())

    async def add_after(self, field: str) -> bool:
        """Add a field for another log or header after the last one that is filled."""
        kind = FIELDS_BY_ID[kind_of(field)]
        same = [each for each in self._ids if kind_of(each) == kind.id]
        is_next = field == same[-1] and len(same) < MAX_REPEATED and self.text(field)
        if not kind.is_repeated or not is_next:
            return False
        added = f"{kind.id}-{len(same) + 1}"
        self._ids.insert(self._ids.index(field) + 1, added)
        error = self.query_one(f"#{field}-error")
        await self.query_one(VerticalScroll).mount(
            input_for(kind, added), self.error_of(added), after=error
        )
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key of the last case if there is none; Escape leads back where it can."""
        if action == "last":
            return self._last is not None
        own = {"back": not self._is_first, "leave": self._is_first}
        return own[action] if action in own else super().check_action(action, parameters)

    def action_ignore(self) -> None:
        """Do nothing."""

    def action_leave(self) -> None:
        """Leave the wizard."""
        self.app.exit()

    def action_back(self) -> None:
        """Leave the form for the screen below it."""
        self.dismiss(None)

    async def action_last(self) -> None:
        """Fill in the last case."""
        if self._last is None:
            return
        values = {
            "url": self._last.typed_url,
            "direct": next((source.locator for source in self._last.direct), ""),
            "conf": self._last.conf.locator if self._last.conf else "",
            "method": "" if self._last.method == "GET" else self._last.method,
        }
        self._needs_body = bool(self._last.body)
        self.query_one(Tick).value = self._last.insecure
        for field, value in values.items():
            self.input_of(field).value = value
        before = ""
        for number, log in enumerate(self._last.logs[:MAX_REPEATED], 1):
            field = "log" if number == 1 else f"log-{number}"
            if field not in self.ids:
                await self.add_after(before)
            self.input_of(field).value, before = log.locator, field
        for field in self.ids:
            self.is_valid(field)

    def check(self, field: str, text: str) -> None:
        """Parse a field; all but the URL may stay empty. A curl command fills the fields."""
        if not text and field == "url":
            raise UsageError(tr("a URL is needed: http:// or https://"))
        if field == "url" and is_curl(text):
            self._take_command(text)
        elif field == "body" and not text:
            self._require_body()
        else:
            self._parse(field, text)

    def doubt(self, field: str, text: str) -> str:
        """Question this machine's own address, the public URL as the backend's, and the like."""
        if field == "url" and not is_curl(text):
            return doubt_about_url(check_url(text)) if text else ""
        value = self._parse(field, text)
        if field == "conf" and isinstance(value, Source):
            return doubt_about_config(value)
        if field == "direct" and isinstance(value, tuple):
            return doubt_about_direct(value, self._valid_url())
        return ""

    def _valid_url(self) -> str:
        """The public URL; empty while it is not valid."""
        try:
            return check_url(self.text("url"))
        except UsageError:
            return ""

    def _require_body(self) -> None:
        """Raise `UsageError` if a body is needed that neither the case nor the command has."""
        if self._needs_body:
            raise UsageError(tr("the body of the last case was not kept: enter it again"))
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
        self.query_one(Tick).value = request.insecure
        size = plural(len(request.body or b""), "byte")
        body = tr("from the curl command, {size}", size=size) if request.body is not None else ""
        self.input_of("body").placeholder = body or FIELDS_BY_ID["body"].example
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
            self.query_one(Tick).value &= not self._command.insecure
            self._set_command(None)
            self.input_of("method").value = ""
            self.input_of("body").placeholder = FIELDS_BY_ID["body"].example

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
        shown.update(
            "\n".join(tr("From {place}", place=vantage.summary) for vantage in self._vantages)
        )
        shown.add_class("-some")

    def _with_vantages(self, target: Target) -> Target:
        """Return the target with the vantages that were chosen."""
        for vantage in self._vantages:
            target = vantage.added_to(target)
        return target

    def _request(self) -> ClientRequest:
        """The request of the fields and, where they are empty, of the command."""
        texts = {field: self.text(field) for field in ("url", "method", "body")}
        body = read_body([texts["body"]]) if texts["body"] else None
        typed = ClientRequest(
            check_url(texts["url"]) if texts["url"] else "",
            texts["method"],
            body,
            body_type_of(body) if body is not None else "",
            tuple(parse_header(text) for text in self._texts("header")),
            upgrade=any(is_websocket(self.text(field)) for field in ("url", "direct")),
        )
        return typed.or_else(self._command or ClientRequest()).completed()

    def _texts(self, kind: str) -> list[str]:
        """What was typed into the fields of a kind, without the empty ones."""
        texts = [self.text(field) for field in self.ids if kind_of(field) == kind]
        return [text for text in texts if text]

    def bare_target(self) -> Target:
        """The URL of the fields and how it is requested, no more. Raises `UsageError`."""
        request = self._request()
        return Target(
            request.url,
            headers=request.headers,
            insecure=self.query_one(Tick).value,
            connect_to=request.connect_to,
            upgrade=request.upgrade,
            method=request.method,
            body=request.body or b"",
            http=request.http,
        )

    def _target(self) -> Target:
        direct, conf = (self._parse(field, self.text(field)) for field in ("direct", "conf"))
        logs = (self._parse("log", text) for text in self._texts("log"))
        target = replace(
            self.bare_target(),
            direct=direct if isinstance(direct, tuple) else (),
            conf=conf if isinstance(conf, Source) else None,
            logs=tuple(dict.fromkeys(log for log in logs if isinstance(log, Source))),
        )
        return self._with_vantages(target)

    def _parse(self, field: str, text: str) -> object:
        vantages = self._with_vantages(Target("")).vantages
        return FIELDS_BY_ID[kind_of(field)].parse(text, vantages) if text else None

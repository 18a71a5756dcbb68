"""An input for a URL that also takes a curl command, of several lines, that is pasted into it."""

from dataclasses import dataclass

from textual.events import Paste
from textual.message import Message
from textual.widgets import Input

from wizard.model.client_request import ClientRequest
from wizard.model.parse import is_curl
from wizard.text.display import comma_list, safe
from wizard.text.messages import plural, tr


class CurlInput(Input):
    """Takes a URL; a curl command that is pasted becomes a message instead of its first line."""

    @dataclass
    class Pasted(Message):
        """A curl command was pasted."""

        text: str

    def on_paste(self, event: Paste) -> None:
        """Keep a command away from `Input`, which would take its first line alone."""
        if is_curl(event.text):
            event.prevent_default()
            event.stop()
            self.post_message(self.Pasted(event.text))


def describe_command(request: ClientRequest) -> str:
    """What was taken from a curl command beside its URL, without values, and what is not done."""
    names = safe(comma_list(dict.fromkeys(name for name, _ in request.headers)), 300)
    parts = [tr("the headers {names}", names=names) if names else ""]
    parts += [
        tr("a body of {count}", count=plural(len(request.body), "byte")) if request.body else ""
    ]
    parts += [tr("no check of certificates") if request.insecure else ""]
    parts += [f"HTTP/{request.http}" if request.http else ""]
    if request.connect_to:
        parts += [
            tr(
                "the address {connect_to}",
                connect_to=safe(":".join(map(str, request.connect_to)), 80),
            )
        ]
    taken = tr(
        "From the curl command: {taken}.", taken=comma_list(filter(None, parts)) or tr("the URL")
    )
    return "\n".join((taken, *(tr("Note: {note}", note=note) for note in request.notes)))

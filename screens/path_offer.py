"""The form's offer to look which usual path streams, where the URL has no path."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from screens.doubts import is_without_path
from screens.widgets.fields import Fields
from wizard.model.target import Target
from wizard.text.display import clauses, labelled
from wizard.text.errors import UsageError
from wizard.text.messages import tr


class PathOffer(Fields[Target]):
    """Ctrl-G sends a GET to `/sse` and to `/mcp`, and takes the only one that streams."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+g",
            "look",
            tr("ask /sse, /mcp"),
            id="form.look",
            tooltip=tr("Send a GET to /sse and to /mcp, to see which one streams"),
        ),
    ]
    _is_offered = False

    def bare_target(self) -> Target:
        """The URL of the fields and how it is requested, no more. Raises `UsageError`."""
        raise NotImplementedError

    def offered(self) -> Target | None:
        """The target for which both paths may be asked; None where its URL has a path."""
        if not is_without_path(self.text("url")):
            return None
        try:
            target = self.bare_target()
        except UsageError:
            return None
        return target if target.method == "GET" and not target.upgrade else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key where nothing is offered."""
        return self.offered() is not None if action == "look" else True

    @on(Input.Changed)
    def _draw_offer(self) -> None:
        if self._is_offered != (self.offered() is not None):
            self._is_offered = not self._is_offered
            self.refresh_bindings()

    def action_look(self) -> None:
        """Ask both paths, unless that goes on already."""
        target = self.offered()
        if target is not None:
            self.show_error("url", "", tr("Sending a GET to /sse and to /mcp …"))
            self.run_worker(self._look(target), group="look", exclusive=True)

    async def _look(self, target: Target) -> None:
        # Imported here: the form needs no HTTP before.
        from wizard.probe.path_search import ask_usual_paths, only_stream

        answers = await ask_usual_paths(target)
        if (now := self.offered()) is None or now.url != target.url:
            return  # the user has typed another URL meanwhile
        url = only_stream(answers)
        seen = clauses(labelled(each.url, each.answer) for each in answers)
        if url is not None:
            self.input_of("url").value = url
            self.show_error("url", "", tr("This URL streams. {seen}", seen=seen))
        elif any(answer.is_stream for answer in answers):
            self.show_error("url", "", tr("Both stream: which one hangs? {seen}", seen=seen))
        else:
            self.show_error("url", "", tr("Neither streams. {seen}", seen=seen))

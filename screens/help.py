"""The help page: what each key does, with the keys that the user's config file gives to actions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.keymap import default_keys
from screens.widgets.style import ACCENT, GLYPHS, HEAD, line, wrap
from wizard.model.steps import STATE_WORDS
from wizard.text.columns import pad
from wizard.text.messages import tr

_KEY_COLUMNS, _COLUMNS = 11, 71
_STEPS = (
    (("steps.next",), tr("run this step; once it has run, go to the next one")),
    (("steps.all",), tr("run all remaining steps, up to the fix")),
    (("steps.again",), tr("run this step again")),
    (("steps.stop",), tr("stop what is running; leave an input or this page")),
    (("list.up", "list.down"), tr("choose a step")),
    (("steps.choose.1",), tr("step 1; 2 to 8 for the other steps")),
    (("steps.explain",), tr("what this step proves, and the same with curl")),
    (("steps.give",), tr("enter what this step needs: a URL, a log file, the config")),
    (
        ("steps.elsewhere",),
        tr(
            "steps 3 to 5: look from a pod, a container, another host; if you name it web, "
            "web=FILE or web=URL then works in every prompt"
        ),
    ),
    (("steps.hops",), tr("step 2: enter the proxies between the URL and the backend")),
    (("steps.local",), tr("step 5: read the config with nginx -T on this machine")),
    (
        ("steps.longer",),
        tr(
            "steps 2 and 6: watch a held stream past Nginx's read timeout, which can tell a "
            "proxy that holds it from a silent backend; the panel says how long it takes"
        ),
    ),
    (("steps.next_probe",), tr("show another probe in the live panel (HTTP version, gzip)")),
    (("steps.copy",), tr("copy the curl of this step, or the block on the fix step")),
    (("steps.diff",), tr("step 7: the change as a diff, or the block again")),
    (("steps.save",), tr("save the block and the diff to a file")),
    (
        ("steps.write",),
        tr(
            "write a case file or a report (.html, .md, .txt), without secrets; on any machine "
            "ssewizard open FILE shows it again"
        ),
    ),
    (("steps.patch",), tr("in the lab only: patch the lab's Nginx and reload it")),
)
_PANELS = (
    (("panel.up", "panel.down"), tr("choose a line that can be opened, or scroll")),
    (("panel.follow",), tr("open the chosen line")),
    (("steps.scroll.-1", "steps.scroll.1"), tr("scroll a long panel")),
    (
        ("steps.zoom",),
        tr("show one panel alone, or all again; in a small window, the other panel"),
    ),
)
_LIVE = (
    (("steps.watch",), tr("keep the streams open for another minute, or open them again")),
    (("live.choose.-1", "live.choose.1"), tr("choose an event")),
    (("live.open",), tr("show the event in full")),
    (("live.find",), tr("search the events")),
    (("live.find_next.1", "live.find_next.-1"), tr("the next match, the match before")),
    (("live.filter",), tr("show the events of one type")),
    (("live.pause",), tr("hold the list still, or continue")),
    (("live.oldest", "live.newest"), tr("go to the oldest event, to the newest")),
    (("live.copy", "live.save"), tr("copy the event, save all events to a file")),
)
_APP = (
    (("app.palette",), tr("every action by name, and the colours")),
    (("app.open",), tr("open the unfinished case of this URL")),
    (("app.redraw",), tr("draw the whole screen again")),
    (("form.last",), tr("in the form: fill in the last case")),
    (("form.elsewhere",), tr("in the form: look from another place")),
    (
        ("form.look",),
        tr("in the form: see whether /sse or /mcp streams, where the URL has no path"),
    ),
    (("app.quit",), tr("leave; the result is printed in the terminal")),
)
_PARTS = (
    (tr("Steps"), _STEPS),
    (tr("Panels: Tab goes to the next one"), _PANELS),
    (tr("Live streams (steps 2, 3 and 8): Tab goes there"), _LIVE),
    (tr("At any time"), _APP),
)
_FIXED_KEYS = {"app.palette": "ctrl+p"}


class Help(ModalScreen[None]):
    """A page over the wizard; Escape, ? or q closes it."""

    DEFAULT_CSS = """
    Help { align: center middle; background: transparent; }
    Help > VerticalScroll {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        background: $background; border: round $where; padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    Help Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", tr("close")),
        ("question_mark", "dismiss", tr("close")),
        ("q", "dismiss", tr("close")),
    ]

    def __init__(self, keys: Mapping[str, str]) -> None:
        """Prepare the page.

        Args:
            keys: The keys that the config file gives to actions, by the action's id.
        """
        super().__init__()
        self._keys = {**_FIXED_KEYS, **default_keys(), **keys}

    def compose(self) -> ComposeResult:
        """Yield the text."""
        columns = max(30, min(_COLUMNS, self.app.size.width - 5))
        with VerticalScroll():
            yield Static(Text("\n").join(self._lines(columns)), markup=False)

    def _lines(self, columns: int) -> Iterator[Text]:
        yield from wrap(tr("ssewizard finds out why an event stream hangs behind Nginx."), columns)
        for title, rows in _PARTS:
            yield from (Text(), line((title, HEAD)))
            for ids, text in rows:
                yield from self._row(ids, text, columns)
        states = "  ".join(f"{sign} {STATE_WORDS[state]}" for state, sign in GLYPHS.items())
        yield from (Text(), *wrap(states, columns), Text())
        promise = tr(
            "It only reads: it writes no config and reloads no Nginx. After your own reload run "
            "step 8: it compares before and after."
        )
        yield from wrap(promise, columns)

    def _row(self, ids: Sequence[str], text: str, columns: int) -> Iterator[Text]:
        """The keys of these actions, then what they do."""
        keys = [self._key_names(id) for id in ids]
        # Of two actions with more than one key each, the first key of each is named.
        shown = " ".join(keys[0]) if len(keys) == 1 else " ".join(names[0] for names in keys)
        for number, row in enumerate(wrap(text, columns - _KEY_COLUMNS)):
            yield line((pad(shown if number == 0 else "", _KEY_COLUMNS), ACCENT), row)

    def _key_names(self, id: str) -> Sequence[str]:
        """The keys of an action as the footer names them."""
        keys = self._keys[id].split(",")
        return [self.app.get_key_display(Binding(key.strip(), "", "")) for key in keys]

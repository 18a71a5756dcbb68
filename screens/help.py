"""The help page: what each key does."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from wizard.text.messages import tr

HELP = tr("""\
ssewizard finds out why an event stream hangs behind Nginx.

Enter     run this step; once it has run, go to the next one
a         run all that is left, up to the fix
r         run this step again
up, down  choose a step (also k and j, or 1 to 8)
Tab       to the next panel: there the arrows choose a line that leads
          further, and Enter follows it
z         show one panel alone, or all again; in a small window, the
          other panel
PgUp/PgDn scroll a long panel
?         what this step proves, and the same with curl
v         show another probe in the live panel (HTTP version, gzip)
o         on steps 2, 3 and 8: keep the live streams open for another
          minute. Tab to them: up and down choose an event, Enter shows
          it in full, / searches (n, N), f shows one type, space holds
          the list still, g and G go to its ends, c copies, s saves
i         enter what this step needs: a URL, a log file, the config
e         steps 3 to 5: look from a pod, a container, another host;
          if you name it web, web=FILE or web=URL then works
          in every prompt
l         on steps 2 and 6: watch a held stream past Nginx's read
          timeout, where that tells who is silent; the panel says how
          long it takes
h         on step 2: name the proxies in a row behind the URL
t         on the config step: take the config from `nginx -T` here
c         copy the curl of this step, or the block on the fix step
s         save the block and the diff to a file
w         write a case file or a report (.html, .md, .txt), without
          secrets; on any machine `ssewizard open FILE` shows it again
p         in the lab only: patch the lab's Nginx and reload it
Ctrl-P    every action by name, and the colours
Esc       stop what is running; leave an input or this page
q         leave; the result is printed in the terminal
Ctrl-O    open the case of this URL that was cut off
Ctrl-L    draw the whole screen again; in the form: fill in the last case
Ctrl-N    in the form: look from another place; the right arrow
          completes a path

✓ ok  ! look  ✗ fault  – skipped  · to do  ▸ running

It only reads: it writes no config and reloads no Nginx. After your
own reload run step 8: it compares before and after.
""")


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

    def compose(self) -> ComposeResult:
        """Yield the text."""
        with VerticalScroll():
            yield Static(HELP, markup=False)

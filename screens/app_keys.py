"""The keys that work on every screen, and how the keys of a screen are named."""

from textual.binding import Binding

from wizard.text.messages import tr


def named_binding(
    group: str, key: str, action: str, label: str, tooltip: str, *, show: bool = True
) -> Binding:
    """Return a binding with the id by which the config file changes its key: `live.choose.1`."""
    id_ = f"{group}.{action.replace('(', '.').rstrip(')')}"
    return Binding(key, action, label, show=show, id=id_, tooltip=tooltip)


APP_BINDINGS = (
    Binding("f1", "help", tr("keys"), show=False, id="app.help", tooltip=tr("What each key does")),
    Binding("q", "quit", tr("quit"), id="app.quit", tooltip=tr("Quit and print the block")),
    Binding("ctrl+c", "quit", show=False, priority=True, id="app.interrupt"),
    Binding(
        "ctrl+o",
        "take_up",
        tr("open"),
        show=False,
        id="app.open",
        tooltip=tr("Open the unfinished case"),
    ),
    Binding(
        "ctrl+l",
        "redraw",
        show=False,
        id="app.redraw",
        tooltip=tr("Draw the screen again, if another program wrote to the terminal"),
    ),
    Binding("ctrl+z", "suspend_process", show=False, id="app.suspend"),
)
"""Those without an id cannot be changed by the user's config file."""

"""Step 1: the root path through the proxy."""

from rich.text import Text

from screens.panes.view import View
from screens.widgets.bars import LEGEND, bars
from screens.widgets.style import DIM, line, wrapped
from wizard.model.timeline import Timeline
from wizard.text.display import safe, seconds


def draw(view: View) -> list[Text]:
    """Status, type, and where the time went."""
    root = view.case.root
    if root is None:
        return []
    rows = [
        ("status", str(root.status) if root.status else "no answer"),
        ("type", safe(root.header("content-type") or "–", 60)),
        ("server", safe(root.header("server") or "–", 60)),
        ("address", root.address or "–"),
        *_split(root),
    ]
    if root.status and 300 <= root.status < 400:
        rows.insert(1, ("redirect", safe(root.header("location") or "–", 200)))
    if root.excerpt:
        rows.append(("body", safe(root.excerpt, 120)))
    if root.detail:
        rows.append(("why", safe(root.detail)))
    table = [line((f"{name:<9}", DIM), value) for name, value in rows]
    return [
        *table,
        Text(),
        *bars([("proxy", root)], view.width, view.now),
        *wrapped(LEGEND, view.width, DIM),
    ]


def _split(root: Timeline) -> list[tuple[str, str]]:
    """How long each part took by itself; what was not reached has no time."""
    rows, before = [], 0.0
    for name, at in (
        ("lookup", root.dns_s),
        ("connect", root.connect_s),
        ("TLS", root.tls_s),
        ("answer", root.headers_s),
    ):
        rows.append((name, seconds(at - before) if at is not None else "–"))
        before = at if at is not None else before
    return [*rows, ("in all", seconds(root.headers_s))]

"""Step 5: who serves this path, with which settings, and what will be held."""

from rich.text import Text

from screens.panes.view import View
from screens.widgets.style import DIM, HEAD, line, outcome_style, wrapped
from wizard.model.resolution import RequestResolution, Setting
from wizard.text.display import safe

FIRST = (
    "proxy_buffering", "proxy_http_version", "proxy_ignore_headers", "proxy_read_timeout",
    "proxy_set_header", "gzip", "gzip_types", "proxy_cache", "proxy_connect_timeout",
)  # fmt: skip
"""What decides a stream stands first; then what is set; defaults come last."""


def draw(view: View) -> list[Text]:
    """Server, location, upstream, prediction, settings, doubts."""
    resolution = view.case.resolution
    if resolution is None:
        return []
    rows = [*_who(resolution, view.width), Text(), *_delivery(resolution), Text()]
    rows += [_setting(one, view.width) for one in _ordered(resolution)]
    if resolution.undecided:
        rows += [Text(), line(("Not decided", HEAD))]
        for doubt in resolution.undecided:
            rows += wrapped(safe(doubt), view.width, "yellow", "  ")
    return rows


def _who(resolution: RequestResolution, width: int) -> list[Text]:
    rows: list[Text] = []
    if resolution.server is not None:
        name = safe(resolution.server.name) or "(no name)"
        server = resolution.server
        words = f"server   {name}, {safe(str(server.directive.where))}: {safe(server.reason)}"
        rows += wrapped(words, width)
    if resolution.location is None:
        rows.append(line(("location none matches this path", "yellow")))
    else:
        place = f"{resolution.location.modifier} {resolution.location.path}".strip()
        where = safe(str(resolution.location.directive.where))
        rows += wrapped(
            f"location {safe(place)}, {where}: {safe(resolution.location.reason)}", width
        )
    if resolution.upstream is not None and resolution.upstream.kind != "static":
        peers = ", ".join(resolution.upstream.peers) or "an address that variables decide"
        uri = safe(resolution.upstream.request_uri or "a path that variables decide")
        rows += wrapped(f"upstream {safe(peers)} gets {uri}", width)
    return rows


def _delivery(resolution: RequestResolution) -> list[Text]:
    if not resolution.delivery:
        return [line(("no prediction: this path is not proxied", DIM))]
    head = line(("What Nginx will do with an event stream", HEAD))
    rows = [
        line(
            f"  {row.client:<7}{row.encoding:<9} backend {row.upstream:<8} ",
            (row.result, outcome_style(row.result)),
        )
        for row in resolution.delivery
    ]
    return [head, *rows]


def _ordered(resolution: RequestResolution) -> list[Setting]:
    rank = {name: place for place, name in enumerate(FIRST)}
    key = lambda one: (rank.get(one.name, 50), one.where is None, one.name)  # noqa: E731
    return sorted(resolution.settings.values(), key=key)


def _setting(setting: Setting, width: int) -> Text:
    inherited = f" from {setting.level}" if setting.level in ("http", "server") else ""
    value = safe(setting.value, 60)
    style = DIM if setting.where is None else ""
    shown = f"{setting.name:<24} {value:<14} "
    origin = safe(setting.origin).rpartition("/")[2]
    return line((shown, style), (f"{origin}{inherited}", DIM))

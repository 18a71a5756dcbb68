"""Step 5: who serves this path, with which settings, and what will be held."""

from rich.text import Text

from screens.panes.view import View
from screens.widgets.style import DIM, HEAD, line, outcome_style, wrapped
from wizard.model.resolution import Setting, Site
from wizard.text.text import safe

FIRST = (
    "proxy_buffering", "proxy_http_version", "proxy_ignore_headers", "proxy_read_timeout",
    "proxy_set_header", "gzip", "gzip_types", "proxy_cache", "proxy_connect_timeout",
)  # fmt: skip
"""What decides a stream stands first; then what is set; defaults come last."""


def draw(view: View) -> list[Text]:
    """Server, location, upstream, prediction, settings, doubts."""
    site = view.case.site
    if site is None:
        return []
    rows = [*_who(site, view.width), Text(), *_delivery(site), Text()]
    rows += [_setting(one, view.width) for one in _ordered(site)]
    if site.undecided:
        rows += [Text(), line(("Not decided", HEAD))]
        for doubt in site.undecided:
            rows += wrapped(safe(doubt), view.width, "yellow", "  ")
    return rows


def _who(site: Site, width: int) -> list[Text]:
    rows: list[Text] = []
    if site.server is not None:
        name = safe(site.server.name) or "(no name)"
        words = (
            f"server   {name}, {safe(str(site.server.directive.where))}: {safe(site.server.reason)}"
        )
        rows += wrapped(words, width)
    if site.location is None:
        rows.append(line(("location none matches this path", "yellow")))
    else:
        place = f"{site.location.modifier} {site.location.path}".strip()
        where = safe(str(site.location.directive.where))
        rows += wrapped(f"location {safe(place)}, {where}: {safe(site.location.reason)}", width)
    if site.upstream is not None and site.upstream.kind != "static":
        peers = ", ".join(site.upstream.peers) or "an address that variables decide"
        uri = safe(site.upstream.request_uri or "a path that variables decide")
        rows += wrapped(f"upstream {safe(peers)} gets {uri}", width)
    return rows


def _delivery(site: Site) -> list[Text]:
    if not site.delivery:
        return [line(("no prediction: this path is not proxied", DIM))]
    head = line(("What Nginx will do with an event stream", HEAD))
    rows = [
        line(
            f"  {row.client:<7}{row.encoding:<9} backend {row.upstream:<8} ",
            (row.result, outcome_style(row.result)),
        )
        for row in site.delivery
    ]
    return [head, *rows]


def _ordered(site: Site) -> list[Setting]:
    rank = {name: place for place, name in enumerate(FIRST)}
    key = lambda one: (rank.get(one.name, 50), one.where is None, one.name)  # noqa: E731
    return sorted(site.effective.values(), key=key)


def _setting(setting: Setting, width: int) -> Text:
    inherited = f" from {setting.level}" if setting.level in ("http", "server") else ""
    value = safe(setting.value, 60)
    style = DIM if setting.where is None else ""
    shown = f"{setting.name:<24} {value:<14} "
    origin = safe(setting.origin).rpartition("/")[2]
    return line((shown, style), (f"{origin}{inherited}", DIM))

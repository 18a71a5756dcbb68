"""Step 5: which server and location serve the request, with which settings, and the prediction."""

from itertools import chain

from rich.text import Text

from screens.panes.view import View
from screens.widgets.style import DIM, HEAD, line, outcome_style, wrap
from wizard.model.resolution import RequestResolution, Setting
from wizard.report.inspect import delivery_condition, served_by
from wizard.text.display import safe

MAIN_SETTINGS = (
    "proxy_buffering", "proxy_http_version", "proxy_ignore_headers", "proxy_read_timeout",
    "proxy_set_header", "gzip", "gzip_types", "proxy_cache", "proxy_connect_timeout",
)  # fmt: skip
"""The settings that matter most for a stream; they are drawn first."""


def draw(view: View) -> list[Text]:
    """Draw server, location, upstream, prediction, settings, and what is not decided."""
    resolution = view.case.resolution
    if resolution is None:
        return []
    served = (wrap(safe(text), view.width) for text in served_by(resolution))
    rows = [*chain.from_iterable(served), Text(), *_delivery(resolution), Text()]
    rows += [_setting(setting) for setting in _ordered(resolution)]
    if resolution.undecided:
        rows += [Text(), line(("Not decided", HEAD))]
        for doubt in resolution.undecided:
            rows += wrap(safe(doubt), view.width, "yellow", "  ")
    return rows


def _delivery(resolution: RequestResolution) -> list[Text]:
    if not resolution.delivery:
        why = (
            "who answers is not decided" if resolution.is_undecided else "this path is not proxied"
        )
        return [line((f"no prediction: {why}", DIM))]
    rows = [
        line(
            f"  {row.client:<7}{row.encoding:<9} backend {row.upstream:<8} ",
            (row.result, outcome_style(row.result)),
            delivery_condition(row),
        )
        for row in resolution.delivery
    ]
    return [line(("What Nginx will do with an event stream", HEAD)), *rows]


def _ordered(resolution: RequestResolution) -> list[Setting]:
    """Return the main settings, then those that the config sets, then the defaults."""
    rank = {name: place for place, name in enumerate(MAIN_SETTINGS)}

    def key(setting: Setting) -> tuple[int, bool, str]:
        return rank.get(setting.name, len(rank)), setting.where is None, setting.name

    return sorted(resolution.settings.values(), key=key)


def _setting(setting: Setting) -> Text:
    inherited = f" from {setting.level}" if setting.level in ("http", "server") else ""
    style = DIM if setting.where is None else ""
    text = f"{setting.name:<24} {safe(setting.value, 60):<14} "
    origin = safe(setting.origin).rpartition("/")[2]
    return line((text, style), (f"{origin}{inherited}", DIM))

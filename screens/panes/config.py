"""Step 5: which server and location serve the request, with which settings, and the prediction."""

from functools import lru_cache
from itertools import chain

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import PanelView
from screens.widgets.style import DIM, HEAD, fit, line, outcome_style, wrap
from wizard.model.resolution import RequestResolution, Setting
from wizard.model.target import Target
from wizard.model.timeline import Probe
from wizard.nginx.as_sent import as_sent
from wizard.probe.request import ProbeOptions, request_headers, spec_of
from wizard.report.as_sent import RequestChange, request_changes
from wizard.report.inspect import delivery_condition, served_by, setting_value
from wizard.text.display import safe

MAIN_SETTINGS = (
    "proxy_buffering", "proxy_http_version", "proxy_ignore_headers", "proxy_read_timeout",
    "proxy_set_header", "gzip", "gzip_types", "proxy_cache", "proxy_connect_timeout",
)  # fmt: skip
"""The settings that matter most for a stream; they are drawn first."""
MAX_CHANGES = 7
"""How many differences of the backend's request are drawn."""


def draw(view: View) -> list[PanelView]:
    """Draw server, location, upstream, prediction, settings, and what is not decided."""
    return [step_panel(view, _rows(view))]


def _rows(view: View) -> list[Text]:
    resolution = view.case.resolution
    if resolution is None:
        return []
    served = (wrap(safe(text), view.width) for text in served_by(resolution))
    rows = [*chain.from_iterable(served), Text(), *_delivery(resolution), Text()]
    rows += _as_sent(resolution, view.case.target, view.width)
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


def _as_sent(resolution: RequestResolution, target: Target, width: int) -> list[Text]:
    """Draw in what the backend's request differs from the client's."""
    changes = _changes(_Key(resolution), target)
    if changes is None:
        return []
    rows = [_change(change, width) for change in changes[:MAX_CHANGES]]
    if len(changes) > MAX_CHANGES:
        more = f"  and {len(changes) - MAX_CHANGES} more: ssewizard inspect --as-sent"
        rows.append(line((more, DIM)))
    return [line(("What the backend gets, against the client's request", HEAD)), *rows, Text()]


class _Key:
    """A resolution as the key of a cache, equal to itself alone: it holds a whole config."""

    __slots__ = ("resolution",)

    def __init__(self, resolution: RequestResolution) -> None:
        self.resolution = resolution

    def __hash__(self) -> int:
        return id(self.resolution)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.resolution is self.resolution


@lru_cache(maxsize=1)
def _changes(key: _Key, target: Target) -> list[RequestChange] | None:
    """Return the differences, none if the backend gets no such request. Cached, since a pane is
    drawn several times a second."""
    resolution, method, http = key.resolution, target.method, target.http or "1.1"
    probe = Probe("sse-proxy", target.url, http, upgrade=target.upgrade)
    headers = request_headers(probe, ProbeOptions(headers=target.headers), spec_of(target))
    size = len(target.body) if target.body else None
    sent = as_sent(resolution, headers, method=method, body_bytes=size, http=http)
    if sent is None:
        return None
    request = resolution.request
    if request.host_header and not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", request.host_header))
    return request_changes(sent, (method, request.uri, http), headers)


def _change(change: RequestChange, width: int) -> Text:
    """Draw one difference; the text is cut, so that its place stays in sight."""
    origin = safe(change.origin).rpartition("/")[2]
    text = fit(Text(f"  {change.sign} {safe(change.text)}"), max(20, width - len(origin) - 1))
    return Text.assemble(text, " ", (origin, DIM))


def _ordered(resolution: RequestResolution) -> list[Setting]:
    """Return the main settings, then those that the config sets, then the defaults."""
    rank = {name: place for place, name in enumerate(MAIN_SETTINGS)}

    def key(setting: Setting) -> tuple[int, bool, str]:
        return rank.get(setting.name, len(rank)), setting.where is None, setting.name

    return sorted(resolution.settings.values(), key=key)


def _setting(setting: Setting) -> Text:
    inherited = f" from {setting.level}" if setting.level in ("http", "server") else ""
    style = DIM if setting.where is None else ""
    text = f"{setting.name:<24} {safe(setting_value(setting), 60):<14} "
    origin = safe(setting.origin).rpartition("/")[2]
    return line((text, style), (f"{origin}{inherited}", DIM))

"""Step 5: which server and location serve the request, with which settings, and the prediction."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.text import Text

from screens.panes.view import View, step_panel
from screens.widgets.panel import PanelView, Row, rows_of
from screens.widgets.style import DIM, HEAD, STYLES, fit, line, outcome_style, wrap
from wizard.diagnose.diagnose import config_findings
from wizard.model.probe import Probe
from wizard.model.probe_result import OUTCOME_WORDS
from wizard.model.resolution import RequestResolution, Setting
from wizard.model.target import Target
from wizard.nginx.as_sent import as_sent
from wizard.probe.request import ProbeOptions, request_headers, spec_of
from wizard.report.as_sent import RequestChange, request_changes
from wizard.report.inspect import delivery_condition, served_by, setting_value
from wizard.report.labels import client_name
from wizard.report.proof import change_text
from wizard.text.columns import pad, width
from wizard.text.display import safe
from wizard.text.messages import tr

MAIN_SETTINGS = (
    "proxy_buffering", "proxy_http_version", "proxy_ignore_headers", "proxy_read_timeout",
    "proxy_set_header", "gzip", "gzip_types", "proxy_cache", "proxy_connect_timeout",
)  # fmt: skip
"""The settings that matter most for a stream; they are drawn first."""
MAX_CHANGES = 7
"""How many differences of the backend's request are drawn."""


def draw(view: View) -> list[PanelView]:
    """Draw who serves the request and the settings that matter, then what follows from them."""
    resolution = view.case.resolution
    if resolution is None:
        return [step_panel(view, [])]
    guilty = _guilty_settings(view, resolution)
    rows = [_setting_row(setting, guilty, view) for setting in _main_settings(resolution, guilty)]
    rows += _other_settings(resolution, guilty, view)
    rows += _changed(view)
    rows += [Row(Text()), *_served(resolution, view)]
    if resolution.undecided:
        rows += [Row(Text()), Row(line((tr("Not decided"), HEAD)))]
        rows += rows_of(
            row
            for doubt in resolution.undecided
            for row in wrap(safe(str(doubt)), view.width - 2, STYLES["warn"], "  ")
        )
    below = [*_delivery(resolution), Text(), *_as_sent(resolution, view)]
    return [step_panel(view, rows), PanelView(tr("What follows from it"), rows_of(below))]


def _changed(view: View) -> Iterator[Row]:
    """Yield the lines in which the config differs from the one with the fault, if it was read."""
    if not view.case.config_changes:
        return
    yield Row(Text())
    yield Row(line((tr("Changed since the fault was measured"), HEAD)))
    for change in view.case.config_changes[:MAX_CHANGES]:
        style = "green" if change.sign == "+" else "red"
        yield Row(fit(line((f"  {change_text(change)}", style)), view.width))


def _served(resolution: RequestResolution, view: View) -> Iterator[Row]:
    """Yield a row for the server, the location and the upstream, each with its place."""
    for text in served_by(resolution):
        label, _, rest = safe(text).partition(" ")
        place = _PLACE.search(rest)
        for number, row in enumerate(wrap(rest.strip(), view.width - 12)):
            head = (pad(label, 10) if number == 0 else " " * 10, DIM)
            is_file = place is not None and place[1] in resolution.config.texts
            link = _link(place[1], int(place[2])) if place and is_file and number == 0 else ""
            yield Row(line(head, row), link)


_PLACE = re.compile(r"(\S+):([0-9]+)(?=[:;,)]|$)")


def _link(file: str, number: int) -> str:
    """The action that opens a file of the config at a line."""
    return f"open_config({file!r}, {number})"


def _guilty_settings(view: View, resolution: RequestResolution) -> frozenset[str]:
    """The settings that the evidence names, or before there is any, those that hold the stream."""
    if view.case.is_fixed:
        return frozenset()  # The config of now is not what was broken.
    causes = view.diagnosis.causes if view.diagnosis else ()
    evidence = [item for cause in causes for item in cause.evidence if item.kind == "config"]
    shown = evidence or config_findings(resolution)
    names = {item.setting for item in shown}
    places = {item.where for item in shown if not item.setting}
    settings = resolution.settings.values()
    return frozenset(each.name for each in settings if each.name in names or each.origin in places)


def _main_settings(resolution: RequestResolution, guilty: frozenset[str]) -> list[Setting]:
    """The guilty settings first, then those that matter most for a stream."""
    settings = _ordered(resolution)
    main = [setting for setting in settings if setting.name in MAIN_SETTINGS]
    return sorted(
        {setting.name: setting for setting in (*settings, *main)
         if setting.name in guilty or setting in main}.values(),
        key=lambda setting: setting.name not in guilty,
    )  # fmt: skip


def _setting_row(setting: Setting, guilty: frozenset[str], view: View) -> Row:
    """Draw name, value and origin; a guilty one stands out, and each with a place can be opened."""
    is_guilty = setting.name in guilty
    mark = ("✗ ", STYLES["fail"]) if is_guilty else ("  ", "")
    style = STYLES["fail"] if is_guilty else DIM if setting.where is None else ""
    inherited = (
        tr(" from {level}", level=setting.level) if setting.level in ("http", "server") else ""
    )
    place = safe(setting.origin).rpartition("/")[2] if setting.where else tr("default")
    origin = f"{place}{inherited}"
    room = max(8, view.width - 30 - width(origin))
    text = line(mark, (f"{setting.name:<24} {safe(setting_value(setting), 200)}", style))
    text = fit(text, min(27 + room, view.width - width(origin) - 4))
    where = setting.where
    return Row(line(text, " ", (origin, DIM)), _link(where.file, where.line) if where else "")


def _other_settings(
    resolution: RequestResolution, guilty: frozenset[str], view: View
) -> Iterator[Row]:
    """Yield the other settings, folded until the user asks for them."""
    main = {setting.name for setting in _main_settings(resolution, guilty)}
    others = [setting for setting in _ordered(resolution) if setting.name not in main]
    if not others:
        return
    sign = "▾" if "settings" in view.unfolded else "▸"
    yield Row(
        line((tr("{sign} {count} other settings", sign=sign, count=len(others)), DIM)),
        "fold('settings')",
    )
    if "settings" in view.unfolded:
        for setting in others:
            yield _setting_row(setting, guilty, view)


def _delivery(resolution: RequestResolution) -> list[Text]:
    if not resolution.delivery:
        why = (
            tr("who answers is not decided")
            if resolution.is_undecided
            else tr("this path is not proxied")
        )
        return [line((tr("no prediction: {why}", why=why), DIM))]
    names = [client_name(row.client, row.encoding) for row in resolution.delivery]
    name_columns = max(map(width, names))
    rows = [
        line(
            f"  {pad(name, name_columns)}  ",
            (OUTCOME_WORDS[row.result], outcome_style(row.result)),
            delivery_condition(row),
            (f"  {tr('backend')} {row.upstream}", DIM),
        )
        for name, row in zip(names, resolution.delivery, strict=True)
    ]
    return [line((tr("What Nginx will do with an event stream"), HEAD)), *rows]


def _as_sent(resolution: RequestResolution, view: View) -> list[Text]:
    """Draw in what the backend's request differs from the client's."""
    changes = _changes(_Key(resolution), view.case.target)
    if changes is None:
        return []
    rows = [_change(change, view.second_width) for change in changes[:MAX_CHANGES]]
    if len(changes) > MAX_CHANGES:
        more = tr(
            "  and {count} more: ssewizard inspect --as-sent", count=len(changes) - MAX_CHANGES
        )
        rows.append(line((more, DIM)))
    return [line((tr("What the backend gets, against the client's request"), HEAD)), *rows, Text()]


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


def _change(change: RequestChange, columns: int) -> Text:
    """Draw one difference; the text is cut, so that its place stays in sight."""
    origin = safe(change.origin).rpartition("/")[2]
    text = fit(Text(f"  {change.sign} {safe(change.text)}"), max(20, columns - width(origin) - 1))
    return Text.assemble(text, " ", (origin, DIM))


def _ordered(resolution: RequestResolution) -> list[Setting]:
    """Return the main settings, then those that the config sets, then the defaults."""
    rank = {name: place for place, name in enumerate(MAIN_SETTINGS)}

    def key(setting: Setting) -> tuple[int, bool, str]:
        return rank.get(setting.name, len(rank)), setting.where is None, setting.name

    return sorted(resolution.settings.values(), key=key)

"""What a location needs for WebSockets, and what keeps both these and event streams alive.

Upgrade and Connection hold for one connection only (RFC 9110, section 7.6.1), so Nginx passes
neither on by itself: https://nginx.org/en/docs/http/websocket.html. The value of Connection must
depend on the request: `upgrade` where the client asks for one, and nothing for an event stream,
because some backends end a stream after its first event with `close`, the page's own default.
"""

from collections.abc import Iterator, Mapping
from itertools import count

from wizard.diagnose.facts.upgrades import sent_upgrade
from wizard.diagnose.rule_settings import HEADER_NOTES, own_lines, read_timeout, repeated_lines
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.config import Config, Directive
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.text.display import sentences
from wizard.text.messages import tr

_NAME = "connection_upgrade"
"""The variable of Nginx's documentation."""
_ENTRIES = ("default upgrade;", "'' '';")
_WHY_MAP = tr(
    "the Connection header that the backend gets: upgrade for a WebSocket, none for any "
    "other request, such as an event stream"
)
_WHY_VERSION = tr("only HTTP/1.1 can be upgraded; 1.0 is the default before 1.29.7")
_WHY_UPGRADE = tr("Nginx passes Upgrade on only with this line: the header is for one connection")
_WHY_CONNECTION = tr("is set by the map: upgrade where the client asks for it, else empty")
_BY_MAP = tr("The map names Upgrade for WebSockets alone, which this location passes on too")
_EMPTY = tr("An empty value sends no Connection header")


def passes_upgrade(resolution: RequestResolution | None) -> bool:
    """True if the location passes the Upgrade header on, so that it is meant for WebSockets."""
    setting = resolution.settings.get("proxy_set_header") if resolution else None
    entries = setting.entries if setting else ()
    return any(entry[0].lower() == "upgrade" and any(entry[1:]) for entry in entries if entry)


def upgraded(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """All that a location needs for a WebSocket, and the rest of its headers as they are today."""
    upstream = resolution.upstream if resolution else None
    if upstream is not None and upstream.kind != "proxy":
        return ()  # no other module can pass an upgrade on
    version = Change("proxy_http_version", "1.1", _WHY_VERSION)
    upgrade = Change("proxy_set_header", "Upgrade $http_upgrade", _WHY_UPGRADE)
    connection = () if _has_map(resolution) else connection_by_map(resolution, _WHY_CONNECTION)
    headers = _with_repeated(resolution, upgrade, *connection)
    return (version, *headers, *read_timeout(case, resolution))


def _has_map(resolution: RequestResolution | None) -> bool:
    """True if a variable gives the Connection header, and names Upgrade where the client does."""
    setting = resolution.settings.get("proxy_set_header") if resolution else None
    entries = setting.entries if setting else ()
    values = [entry[1] for entry in entries if len(entry) == 2 and entry[0].lower() == "connection"]
    sent = sent_upgrade(resolution) if any("$" in value for value in values) else None
    return sent is not None and sent.is_decided and not sent.loses_connection


def connection_by_map(resolution: RequestResolution | None, reason: str) -> tuple[Change, ...]:
    """A Connection header for WebSockets and streams alike, and its map unless there is one."""
    name = _map_in(resolution.config) if resolution else None
    header = Change("proxy_set_header", f"Connection ${name or _free_name(resolution)}", reason)
    if name is not None:
        return (header,)
    value = f"$http_upgrade ${_free_name(resolution)}"
    return (header, Change("map", value, _WHY_MAP, scope="http", block=_ENTRIES))


def connection_header(resolution: RequestResolution | None, reason: str) -> tuple[Change, ...]:
    """A Connection header that is right for a stream, with the rest of the set as it is today.

    Where the location passes Upgrade on, it keeps its WebSockets.
    """
    if passes_upgrade(resolution):
        changes = connection_by_map(
            resolution, sentences((tr("{sentence}.", sentence=reason), _BY_MAP))
        )
    else:
        reason = sentences((tr("{sentence}.", sentence=reason), _EMPTY))
        changes = (Change.from_args("proxy_set_header", ("Connection", ""), reason),)
    return _with_repeated(resolution, *changes)


def _with_repeated(resolution: RequestResolution | None, *changes: Change) -> tuple[Change, ...]:
    """The changes with the inherited headers: a level that sets one inherits none of the others."""
    if resolution is None or own_lines(resolution, "proxy_set_header"):
        return changes
    keys = {change.key for change in changes}
    return (*changes, *repeated_lines(resolution, "proxy_set_header", keys))


def _map_in(config: Config) -> str | None:
    """The variable of a map that gives a Connection header as it must be; None without one."""
    for block in _maps(config):
        entries = {entry.name.lower(): " ".join(entry.args).lower() for entry in block.block or ()}
        if block.args[0] == "$http_upgrade" and _is_right(entries):
            return block.args[1].lstrip("$")
    return None


def _is_right(entries: Mapping[str, str]) -> bool:
    """True if a map names Upgrade for a WebSocket, and asks to close nothing else."""
    default = entries.get("default", "")
    asked, other = entries.get("websocket", default), entries.get("", default)
    return asked == "upgrade" and other in ("", "keep-alive")


def _maps(config: Config) -> Iterator[Directive]:
    """The `map` blocks, which stand in the http block; a part of a config may have none around."""
    http = (child for block in config.root if block.name == "http" for child in block.block or ())
    return (each for each in (*config.root, *http) if each.name == "map" and len(each.args) == 2)


def _free_name(resolution: RequestResolution | None) -> str:
    """The name of a variable that no map defines."""
    taken = {block.args[1].lstrip("$") for block in _maps(resolution.config)} if resolution else ()
    names = (f"{_NAME}{number or ''}" for number in count())
    return next(name for name in names if name not in taken)


_STYLE_NOTES: dict[Style, tuple[str, ...]] = {
    "ingress-nginx": HEADER_NOTES["ingress-nginx"],
    "f5": (
        tr(
            "name the service in nginx.org/websocket-services: the controller then passes the "
            "upgrade on for it"
        ),
    ),
    "npm": (
        tr("Websockets Support of the proxy host does the same: switch it on, and write nothing"),
    ),
}


def upgrade_notes(case: Case, style: Style) -> tuple[str, ...]:
    """How an upgrade is passed on where another program writes the config."""
    return _STYLE_NOTES.get(case.target.style or style, ())

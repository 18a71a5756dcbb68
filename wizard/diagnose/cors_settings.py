"""Settings for CORS: each header comes from one layer, and Nginx answers the preflight.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header
https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from wizard.diagnose.facts import cors
from wizard.diagnose.facts.cors import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    SESSION_ID,
)
from wizard.diagnose.rule_settings import own_lines, prefix_of, repeated_lines
from wizard.model.case import Case
from wizard.model.change import Change, change_key
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style
from wizard.model.timeline import Timeline
from wizard.nginx.locations import find_location
from wizard.nginx.settings import AUTHENTICATION, enclosing_blocks
from wizard.probe.preflight import foreign_origin, preflight_of
from wizard.text.config_tokens import quote_argument
from wizard.text.messages import tr

Layer = Literal["nginx", "backend", "unknown"]
"""Who has to send another header."""
_ORIGIN = re.compile(r"https?://[\w.-]+(:[0-9]+)?", re.ASCII)
_TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)
_MCP_METHODS = ("GET", "POST", "DELETE")
_MCP_HEADERS = (
    "authorization", "content-type", "last-event-id", "mcp-method", "mcp-name",
    "mcp-protocol-version", SESSION_ID,
)  # fmt: skip
"""What the clients of all MCP revisions send beside what needs no permission."""
_WHY_HIDDEN = tr("Nginx sends this header itself; a browser accepts it only once")
_WHY_ONE = tr(
    "Nginx sends this header from now on; a browser would refuse a second one from the backend"
)
_WHY_ORIGIN = tr("allows this page to read the answers; with `always` it can read errors too")
_WHY_EXPOSED = tr(
    "a page can read only these headers, and without this one it cannot continue its session"
)
_WHY_PREFLIGHT = tr(
    "a browser asks this before the request (preflight), without credentials, so it is answered "
    "before any access control and never reaches the backend"
)
_WHY_MAPPED = tr("each origin of the map is answered with itself, others with nothing")
_WHY_MAP = tr("the origins that may read the answers: today's, and the one that you gave")
_WHY_VARY = tr("the answer depends on the origin, and a cache has to know that")
_MAPPED, _VARY = "$stream_cors_origin", "Vary"
_PREFLIGHT_CONDITION = "($request_method = OPTIONS)"
_OTHER_ORIGIN = tr(
    "Nginx chooses the origin by a variable of its own: add the given one where that is set"
)
_BY_SERVER = tr(
    "the server block answers OPTIONS itself (an if around all locations): allow the "
    "origin and the headers there"
)
_LIMITED = tr(
    "limit_except refuses OPTIONS before anything can answer it: add OPTIONS to its methods"
)
_GUARDED = tr(
    "the location that leads to this path asks for credentials, also for OPTIONS: let that "
    "location answer OPTIONS with 204 and the headers"
)
_MERGED = tr("add_header_inherit is in force, so what is added here depends on the outer levels")


def layer_at_fault(case: Case) -> Layer:
    """Which layer has to send another header; `unknown` without a config, where both may."""
    own = _names_of_nginx(case)
    if cors.doubled_answer(case) is not None:
        direct = cors.backend_answer(case)
        return "backend" if direct and len(cors.allowed_origins(direct)) > 1 else "nginx"
    answers = [*cors.refused_answers(case), *(each for each, _ in cors.failed_preflights(case))]
    others = [answer for answer in answers if _allows_another(case, answer)]
    if not others:
        return "nginx"
    if case.resolution is None:
        return "unknown"
    return "nginx" if ALLOW_ORIGIN in own else "backend"


def _allows_another(case: Case, answer: Timeline) -> bool:
    """True if the answer allows an origin, and not the given one."""
    origin = foreign_origin(case)
    return bool(origin and cors.allowed_origins(answer) and not cors.allows(answer, origin))


def _names_of_nginx(case: Case) -> set[str]:
    resolutions = (case.resolution, case.message_resolution)
    return {name for each in resolutions for name in cors.nginx_headers(each)}


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """What lets a page make its requests of this path and read the answers."""
    if _is_merged(resolution):
        return ()
    added = [*_added_origin(case, resolution), *_added_exposure(case, resolution)]
    names = (change.args[0] for change in added if change.args[0] != _VARY)
    hidden = [*_doubled(case, resolution), *((name, _WHY_ONE) for name in names)]
    return (
        *_origin_map(case, resolution),
        *_preflight(case, resolution),
        *_hide(resolution, hidden),
        *_with_inherited(resolution, "add_header", added),
    )


def _doubled(case: Case, resolution: RequestResolution | None) -> Iterator[tuple[str, str]]:
    """The headers that the backend sends and Nginx as well."""
    answer = cors.doubled_answer(case)
    if answer is None or layer_at_fault(case) != "nginx":
        return
    if resolution is None:
        if cors.backend_answer(case):
            yield _title(ALLOW_ORIGIN), _WHY_HIDDEN
        return
    for name, values in cors.nginx_headers(resolution).items():
        count = sum(each == name for each, _ in answer.headers)
        if len(values) == 1 and count > 1:
            yield _title(name), _WHY_HIDDEN


def _added_origin(case: Case, resolution: RequestResolution | None) -> Iterator[Change]:
    """The given origin, where no layer allows any, or Nginx itself another one alone."""
    origin, refused = foreign_origin(case), cors.refused_answers(case)
    if not origin or not _ORIGIN.fullmatch(origin) or not refused:
        return
    if _own_origin(case, resolution):
        yield _add(ALLOW_ORIGIN, _MAPPED, _WHY_MAPPED)
        yield _add(_VARY, "Origin", _WHY_VARY)
        return
    is_sent = any(map(cors.allowed_origins, refused))
    if not is_sent and ALLOW_ORIGIN not in cors.nginx_headers(resolution):
        yield _add(ALLOW_ORIGIN, origin, _WHY_ORIGIN)


def _own_origin(case: Case, resolution: RequestResolution | None) -> str:
    """The other origin that Nginx itself allows, by a literal; empty without exactly one."""
    own, origin = cors.nginx_headers(resolution).get(ALLOW_ORIGIN, []), foreign_origin(case)
    is_other = len(own) == 1 and own[0] != origin and _ORIGIN.fullmatch(own[0])
    return own[0] if is_other else ""


def _origin_map(case: Case, resolution: RequestResolution | None) -> Iterator[Change]:
    """Both origins, where Nginx allows another one: each gets itself as the answer."""
    own, origin = _own_origin(case, resolution), foreign_origin(case)
    if own and origin and _ORIGIN.fullmatch(origin) and cors.refused_answers(case):
        lines = tuple(f"{each} $http_origin;" for each in (own, origin))
        value = f"$http_origin {_MAPPED}"
        yield Change("map", value, _WHY_MAP, scope="http", block=lines)


def _added_exposure(case: Case, resolution: RequestResolution | None) -> Iterator[Change]:
    """The session's id, beside what is exposed already."""
    answer = cors.unexposed_answer(case)
    if answer is None and any(_added_origin(case, resolution)) and _has_session(case):
        answer = next(iter(cors.refused_answers(case)), None)
    if answer is not None:
        exposed = cors.values_of(answer, EXPOSE_HEADERS)
        yield _add(EXPOSE_HEADERS, _joined((*exposed, "Mcp-Session-Id")), _WHY_EXPOSED)


def _has_session(case: Case) -> bool:
    handshake = case.handshake("proxy")
    return handshake is not None and handshake.session


def _preflight(case: Case, resolution: RequestResolution | None) -> Iterator[Change]:
    """The answer to the preflight, with what the failed one allowed and what it did not."""
    failed, asked, origin = cors.failed_preflights(case), preflight_of(case), foreign_origin(case)
    if not failed or asked is None or not origin or not _ORIGIN.fullmatch(origin):
        return
    own = _own_origin(case, resolution) if cors.refused_answers(case) else ""
    is_other = _allows_another(case, failed[0][0]) and not own
    if is_other or layer_at_fault(case) != "nginx" or _preflight_obstacle(resolution):
        return
    answer, is_mcp = failed[0][0], asked.method == "POST"
    headers = (*cors.values_of(answer, ALLOW_HEADERS), *asked.headers)
    methods = (*cors.values_of(answer, ALLOW_METHODS), "GET", asked.method)
    lines = (
        _line(ALLOW_ORIGIN, _MAPPED if own else origin),
        _line(ALLOW_METHODS, _joined((*methods, *(_MCP_METHODS if is_mcp else ())))),
        _line(ALLOW_HEADERS, _joined((*headers, *(_MCP_HEADERS if is_mcp else ())))),
        "return 204;",
    )
    yield Change("if", _PREFLIGHT_CONDITION, _WHY_PREFLIGHT, block=lines)


def _joined(names: Iterable[str]) -> str:
    """The names, each once; none that a config or a browser could read as something else."""
    first = {name.lower(): name for name in reversed([n for n in names if _TOKEN.fullmatch(n)])}
    return ", ".join(reversed(first.values()))


def _line(name: str, value: str) -> str:
    return f"add_header {_title(name)} {quote_argument(value)};"


def _add(name: str, value: str, reason: str) -> Change:
    return Change.from_args("add_header", (_title(name), value, "always"), reason)


def _title(name: str) -> str:
    return name.title()


def _hide(
    resolution: RequestResolution | None, names: Iterable[tuple[str, str]]
) -> tuple[Change, ...]:
    directive = f"{prefix_of(resolution)}_hide_header"
    changes = [Change.from_args(directive, (name,), reason) for name, reason in names]
    return _with_inherited(resolution, directive, changes)


def _with_inherited(
    resolution: RequestResolution | None, name: str, changes: Sequence[Change]
) -> tuple[Change, ...]:
    """The changes, with the inherited lines that a first line of that name would end."""
    if not changes or resolution is None or own_lines(resolution, name):
        return tuple(changes)
    present = {change.key for change in changes}
    return (*changes, *repeated_lines(resolution, name, present))


def _is_merged(resolution: RequestResolution | None) -> bool:
    """True if `add_header_inherit` is in force (since Nginx 1.29.3)."""
    blocks = enclosing_blocks(resolution) if resolution else []
    return any(any(block.children("add_header_inherit")) for block in blocks)


def _preflight_obstacle(resolution: RequestResolution | None) -> str:
    """Why an `if` in the location cannot answer a preflight, in one sentence; empty if it can."""
    if resolution is None or resolution.server is None or resolution.location is None:
        return ""
    server, location = resolution.server.directive, resolution.location
    conditions = (change_key("if", each.args) for each in server.children("if"))
    if change_key("if", (_PREFLIGHT_CONDITION,)) in conditions:
        return _BY_SERVER
    limits = [
        line for block in enclosing_blocks(resolution) for line in block.children("limit_except")
    ]
    if any("OPTIONS" not in line.args for line in limits):
        return _LIMITED
    choice = find_location(server, resolution.request.path, [])
    first = choice.chain[-1] if choice and location.modifier == "@" else None
    is_guarded = first is not None and any(any(first.children(name)) for name in AUTHENTICATION)
    return _GUARDED if is_guarded else ""


_NOTES: dict[Style, str] = {
    "ingress-nginx": (
        tr(
            'enable-cors: "true" with cors-allow-origin, cors-allow-headers and '
            "cors-expose-headers (Mcp-Session-Id) answers the preflight, and replaces what the "
            "backend sends of these"
        )
    ),
    "f5": (
        tr(
            "the F5 controller has no annotation for CORS: location-snippets with add_header, "
            "proxy_hide_header and an if that answers OPTIONS, or the headers from the backend"
        )
    ),
}


def notes(case: Case, style: Style) -> tuple[str, ...]:
    """How an ingress controller is told; else what no line can decide."""
    if style in _NOTES:
        return (_NOTES[style],)
    resolution = case.resolution
    answers = [*cors.refused_answers(case), *(each for each, _ in cors.failed_preflights(case))]
    values = cors.nginx_headers(resolution).get(ALLOW_ORIGIN, [])
    is_chosen = bool(answers) and any("$" in value for value in values)
    candidates = (
        (is_chosen, _OTHER_ORIGIN),
        (bool(cors.failed_preflights(case)), _preflight_obstacle(resolution)),
        (_is_merged(resolution), _MERGED),
    )
    return tuple(note for is_needed, note in candidates if is_needed and note)

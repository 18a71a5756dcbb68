"""The CORS headers of the answers that a page of another origin reads, and of its preflight.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from wizard.diagnose.facts import streams
from wizard.model.case import Case
from wizard.model.handshake import OPENING, Side
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, is_success
from wizard.probe.preflight import foreign_origin, preflight_of
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr

ALLOW_ORIGIN, EXPOSE_HEADERS = "access-control-allow-origin", "access-control-expose-headers"
ALLOW_HEADERS, ALLOW_METHODS = "access-control-allow-headers", "access-control-allow-methods"
SESSION_ID = "mcp-session-id"
_AUTHORIZATION, _PREFLIGHT = "authorization", "preflight"


def values_of(answer: Timeline, name: str) -> list[str]:
    """The values of a header that may have several, in its fields and separated by commas."""
    texts = [value for each, value in answer.headers if each == name]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def allowed_origins(answer: Timeline) -> list[str]:
    """The origins that a response allows."""
    return values_of(answer, ALLOW_ORIGIN)


def allows(answer: Timeline, origin: str) -> bool:
    """True if the response allows this origin."""
    return bool({"*", origin} & set(allowed_origins(answer)))


def doubled_answer(case: Case) -> Timeline | None:
    """The first proxied answer that allows several origins, which browsers refuse."""
    answers = (*(result.timeline for result in case.proxy), *_replies(case, "proxy"))
    return next((each for each in answers if len(allowed_origins(each)) > 1), None)


def backend_answer(case: Case) -> Timeline | None:
    """What the backend itself answered to the request whose proxied answer is doubled; None if it
    was not asked."""
    doubled, replies = doubled_answer(case), _replies(case, "direct")
    if doubled is not None and doubled in _replies(case, "proxy"):
        return next(iter(replies), None)
    return case.direct[0].timeline if case.direct else None


def _replies(case: Case, side: Side) -> list[Timeline]:
    """The replies to the opening POST, which a page reads."""
    handshake = case.handshake(side)
    if handshake is None or not handshake.is_complete or handshake.transport == "http+sse":
        return []
    posted = map(handshake.timeline, reversed(OPENING))
    return [post for post in posted if post is not None and post.status == 200]


def read_answers(case: Case) -> list[Timeline]:
    """The proxied answers that a page reads: the streams, and a reply to a POST."""
    answers = [result.timeline for result in case.proxy if result.timeline.is_stream]
    return [*answers, *_replies(case, "proxy")]


def refused_answers(case: Case) -> list[Timeline]:
    """Those of them that do not allow the given origin; none without one."""
    origin = foreign_origin(case)
    return [each for each in read_answers(case) if not allows(each, origin)] if origin else []


def failed_preflights(case: Case) -> list[tuple[Timeline, str]]:
    """The answers to preflights after which a browser would not send the request, and why not."""
    origin, asked = foreign_origin(case), preflight_of(case)
    if origin is None or asked is None:
        return []
    answers = [follow_up.timeline for follow_up in streams.follow_ups(case, _PREFLIGHT)]
    checked = [(each, _preflight_problem(each, origin, asked.headers)) for each in answers]
    return [(answer, problem) for answer, problem in checked if problem and answer.status]


def _preflight_problem(answer: Timeline, origin: str, names: tuple[str, ...]) -> str:
    """Why a browser would not send the request after this answer; empty if it would.

    https://fetch.spec.whatwg.org/#cors-preflight-fetch: `*` does not cover Authorization.
    """
    if not allows(answer, origin):
        return tr("the origin is not allowed")
    if not is_success(answer):
        return tr("its status is no success")
    allowed = {name.lower() for name in values_of(answer, ALLOW_HEADERS)}
    missing = [n for n in names if n not in allowed and ("*" not in allowed or n == _AUTHORIZATION)]
    return (
        tr("it does not allow {missing}", missing=safe(comma_list(missing), 120)) if missing else ""
    )


def unexposed_answer(case: Case) -> Timeline | None:
    """The answer with a session id that pages of other origins cannot read; None without one."""
    handshake = case.handshake("proxy")
    answer = handshake.timeline("initialize") if handshake and handshake.session else None
    if answer is None or not allowed_origins(answer):
        return None
    exposed = {name.lower() for name in values_of(answer, EXPOSE_HEADERS)}
    return None if {SESSION_ID, "*"} & exposed else answer


def nginx_headers(resolution: RequestResolution | None) -> dict[str, list[str]]:
    """The values of the CORS headers that Nginx itself adds, by name in lower case."""
    setting = resolution.settings.get("add_header") if resolution else None
    entries = [entry for entry in (setting.entries if setting else ()) if len(entry) > 1]
    names = {entry[0].lower() for entry in entries}
    return {
        name: [entry[1] for entry in entries if entry[0].lower() == name]
        for name in sorted(names)
        if name.startswith("access-control-")
    }

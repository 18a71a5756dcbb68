"""In which way a request was answered or failed, and whether two requests did so alike."""

from dataclasses import dataclass
from typing import Literal

from wizard.model.request_difference import Likeness
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline, is_live, is_success, is_unanswered

_BAD_GATEWAY, _GATEWAY_TIMEOUT = 502, 504


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """In which way a request was answered.

    Attributes:
        kind: `live` (a stream with data, a message that was accepted), `ended` (a stream that
            ended), `silent` (nothing came, or headers without an event), `closed` (the connection
            ended before a status line), `status` (any other answer), `unknown` (the server was not
            reached, the request still runs, or the answer cannot be read).
        status: The status of the answer; 0 without one.
        media_type: That of an answer of kind `status`.
    """

    kind: Literal["live", "ended", "silent", "closed", "status", "unknown"]
    status: int = 0
    media_type: str = ""


def stream_answer(timeline: Timeline) -> AnswerKind:
    """How a request of a stream was answered."""
    status = timeline.status or 0
    if timeline.headers_s is None:
        return _without_headers(timeline)
    if timeline.wire.undecodable:
        return AnswerKind("unknown")
    if not timeline.is_stream:
        return AnswerKind("status", status, timeline.media_type)
    if timeline.ended in ("eof", "reset"):
        return AnswerKind("ended", status)
    return AnswerKind("live" if is_live(timeline) else "silent", status)


def message_answer(timeline: Timeline, *, is_replied: bool) -> AnswerKind:
    """How a POST of MCP was answered; `is_replied` if its reply came, or if none is due."""
    if timeline.headers_s is None:
        return _without_headers(timeline)
    status = timeline.status or 0
    if not is_success(timeline):
        return AnswerKind("status", status, timeline.media_type)
    if is_replied:
        return AnswerKind("live", status)
    return AnswerKind("ended" if timeline.ended in ("eof", "reset") else "silent", status)


def _without_headers(timeline: Timeline) -> AnswerKind:
    if not is_unanswered(timeline):
        return AnswerKind("unknown")  # A part of an answer, or what is none.
    if timeline.ended in ("eof", "reset"):
        return AnswerKind("closed")
    is_silent = timeline.ended in ("open", "timeout") and timeline.connect_s is not None
    return AnswerKind("silent" if is_silent else "unknown")


def likeness(
    answer: AnswerKind, proxied: AnswerKind, direct: AnswerKind, resolution: RequestResolution
) -> Likeness:
    """How a request to the direct URL was answered: as the proxied one, or as the direct one."""
    if _is_alike(answer, proxied, resolution):
        return "alike"
    return "served" if is_same(answer, direct) else "other"


def is_same(answer: AnswerKind, other: AnswerKind) -> bool:
    """True for the same kind, and for other answers than streams the same status.

    Media types count for 2xx alone: Nginx replaces the bodies of errors.
    """
    if (answer.kind, answer.status) != (other.kind, other.status):
        return answer.kind == other.kind == "live"
    is_page = answer.kind == "status" and 200 <= answer.status < 300
    return not is_page or answer.media_type == other.media_type


def _is_alike(answer: AnswerKind, proxied: AnswerKind, resolution: RequestResolution) -> bool:
    """True if Nginx would have made the proxied answer of this one.

    It answers 502 for a connection that the backend closes, 504 for silence, and another status for
    one that an error page masks (ngx_http_upstream_finalize_request in Nginx's source). A stream
    without an event may be held by Nginx, headers and all.
    """
    if answer.kind == "closed":
        return proxied.status == _BAD_GATEWAY or proxied.kind == "closed"
    if answer.kind == "silent":
        return proxied.kind == "silent" or (
            not answer.status and proxied.status == _GATEWAY_TIMEOUT
        )
    if answer.status in resolution.masked_statuses and answer.status != proxied.status:
        return proxied.kind == "status" and _masks(resolution, answer.status, proxied.status)
    return answer.kind not in ("live", "unknown") and is_same(answer, proxied)


def _masks(resolution: RequestResolution, status: int, shown: int) -> bool:
    """True if an error page shows this status in place of the other; 0 leaves it to its target."""
    pages = (page for page in resolution.error_pages if status in page.codes)
    return any(page.status in (0, shown) for page in pages)

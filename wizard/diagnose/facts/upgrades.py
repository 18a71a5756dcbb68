"""Facts about requests that ask for a WebSocket: what the backend gets of them."""

from dataclasses import dataclass

from wizard.diagnose.facts import product, streams
from wizard.model.case import Case, FollowUpResult
from wizard.model.diagnosis import Evidence
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.sent_request import SentRequest
from wizard.model.timeline import is_live, is_unanswered
from wizard.model.upgrades import NO_UPGRADE
from wizard.nginx.as_sent import as_sent
from wizard.probe.websocket import handshake_headers
from wizard.text.display import safe
from wizard.text.messages import tr

_TOKENS = (("Upgrade", "websocket"), ("Connection", "upgrade"))
"""The headers of an upgrade, each with the word that it must hold (RFC 6455, section 4.1)."""


@dataclass(frozen=True, slots=True)
class SentUpgrade:
    """The request for a WebSocket as the config passes it on.

    Attributes:
        losses: Why it is no request for a WebSocket any more: a line of evidence each.
        loses_connection: Whether one of them is about the Connection header.
        doubt: What would be one more, if this Nginx is older than 1.29.7, which is not known.
        is_decided: Whether the config decides all of it.
    """

    losses: tuple[Evidence, ...] = ()
    loses_connection: bool = False
    doubt: Evidence | None = None
    is_decided: bool = True


def is_upgrade(resolution: RequestResolution) -> bool:
    """True if the request that was resolved asks for a WebSocket."""
    return any(name.lower() == "upgrade" for name, _ in resolution.request.headers)


def sent_upgrade(resolution: RequestResolution | None) -> SentUpgrade | None:
    """What the config makes of a request for a WebSocket; None if it does not pass it on."""
    if resolution is None or resolution.upstream is None:
        return None
    sent = as_sent(resolution, handshake_headers())
    if sent is None:
        return None
    passing = str(resolution.upstream.where or resolution.config.main)
    upgrade, connection = (_lost_header(sent, passing, *token) for token in _TOKENS)
    version = _lost_version(sent, passing, resolution.version)
    is_doubtful = version is not None and resolution.version is None and sent.http_where is None
    losses = tuple(filter(None, (None if is_doubtful else version, upgrade, connection)))
    names = {name.lower() for name, _ in _TOKENS}
    values = [header.value for header in sent.headers if header.name.lower() in names]
    is_decided = None not in values and not is_doubtful
    doubt = version if is_doubtful else None
    return SentUpgrade(losses, connection is not None, doubt, is_decided)


def _lost_version(sent: SentRequest, passing: str, version: str | None) -> Evidence | None:
    """`passing` is the place to name where Nginx's default applies."""
    if sent.http != "1.0":
        return None
    default = tr(", the default of this version") if version else tr(", the default before 1.29.7")
    by = "" if sent.http_where else default
    text = tr("the backend is asked with HTTP/1.0{by}: only HTTP/1.1 can be upgraded", by=by)
    return Evidence("config", str(sent.http_where or passing), text)


def _lost_header(sent: SentRequest, passing: str, name: str, word: str) -> Evidence | None:
    header = next((each for each in sent.headers if each.name.lower() == name.lower()), None)
    if header is None:
        where = dict(sent.dropped).get(name.lower())
        by = "" if where else tr(", which Nginx drops unless proxy_set_header passes it on")
        return Evidence(
            "config",
            str(where or passing),
            tr("the backend gets no {name} header{by}", name=name, by=by),
        )
    if header.value is None or word in header.value.lower().split(", "):
        return None
    by = "" if header.where else ", Nginx's default"
    text = tr(
        "the backend gets {name}: {header}{by}", name=name, header=safe(header.value, 80), by=by
    )
    return Evidence("config", str(header.where or passing), text)


def answer_without_upgrade(case: Case, refused: ProbeResult) -> FollowUpResult | None:
    """The direct answer to a request without the upgrade, if the proxied one is alike: of the same
    status and media type, and by the same server."""
    answer = refused.timeline
    for sent in streams.follow_ups(case, NO_UPGRADE):
        is_same = sent.timeline.status == answer.status is not None
        is_same = is_same and sent.timeline.media_type == answer.media_type
        pages = [product.is_nginx_page(each.excerpt) for each in (sent.timeline, answer)]
        if is_same and pages[0] == pages[1]:
            return sent
    return None


def stream_without_upgrade(case: Case, refused: ProbeResult) -> FollowUpResult | None:
    """The direct answer to a request without the upgrade, if it is a stream, while the proxied
    request got nothing, as where such a stream is held."""
    sent = streams.follow_ups(case, NO_UPGRADE)
    if not is_unanswered(refused.timeline):
        return None
    return next((each for each in sent if is_live(each.timeline)), None)

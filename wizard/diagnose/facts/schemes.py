"""Facts about the URL's scheme: does the port at which the request arrives speak TLS?"""

from wizard.diagnose.facts import streams
from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Timeline
from wizard.model.wire import NOT_TLS
from wizard.nginx.servers import listens_at

OTHER_SCHEME = "other-scheme"
"""The purpose of the follow-up that repeats the request with the other scheme."""


def demands_tls(timeline: Timeline) -> bool:
    """True if the answer says that plain HTTP was sent to a port for TLS.

    Nginx, Apache and the servers of Go name HTTPS in that 400.
    """
    return timeline.status == 400 and "HTTPS" in timeline.excerpt.upper()


def is_not_tls(timeline: Timeline) -> bool:
    """True if the TLS handshake failed because the port answers in plain text."""
    detail = timeline.detail.lower()
    return timeline.ended == "tls" and any(words in detail for words in NOT_TLS)


def speaks_tls(timeline: Timeline) -> bool:
    """True if a request with https got as far as a certificate."""
    is_refused = timeline.ended == "tls" and "certificate" in timeline.detail.lower()
    return timeline.tls_s is not None or is_refused


def other_scheme(case: Case) -> FollowUpResult | None:
    """The request that was repeated with the other scheme; None if it was not."""
    return next(iter(streams.follow_ups(case, OTHER_SCHEME)), None)


def is_tls_port(case: Case) -> bool | None:
    """Tell whether the port of the public URL speaks TLS; None if nothing tells.

    What was measured counts before the config, which may be another Nginx's.
    """
    answers = [result.timeline for result in case.proxy]
    if any(map(speaks_tls, answers)):
        return True
    if any(map(is_not_tls, answers)):
        return False
    repeated = other_scheme(case)
    if repeated is not None and repeated.timeline.probe.url.startswith("https:"):
        return speaks_tls(repeated.timeline) or (
            False if is_not_tls(repeated.timeline) else _listens_with_tls(case)
        )
    return _listens_with_tls(case)


def _listens_with_tls(case: Case) -> bool | None:
    """What the `listen` lines of the config say about the port; None if none is on it."""
    resolution = case.resolution
    if resolution is None or not resolution.listens:
        return None
    listens = listens_at(resolution.config, resolution.request.effective_port)
    return any("ssl" in listen.flags for listen in listens)

"""The same request with the other scheme: is the port one for TLS, or for plain HTTP?"""

from dataclasses import replace
from urllib.parse import urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.received import name_protocol
from wizard.model.timeline import Timeline
from wizard.probe.followups.followup import (
    EXCHANGE_TIMEOUT_S,
    FollowUp,
    probe_first_event,
    repeated_probe,
)
from wizard.probe.request import ProbeOptions
from wizard.text.messages import tr


def _is_needed(case: Case) -> bool:
    """True if no proxied probe got further than a port of the other kind lets it."""
    answers = [result.timeline for result in case.proxy if result.was_made]
    return bool(answers) and all(map(_may_be_mistaken, answers))


def _may_be_mistaken(answer: Timeline) -> bool:
    """True for a TLS handshake that failed, and for plain HTTP that was dropped or refused.

    Some servers of plain HTTP wait for the rest of the line that they take the handshake for.
    """
    if answer.probe.url.startswith("https:"):
        is_waiting = answer.ended == "timeout" and answer.connect_s is not None
        is_failed = answer.ended == "tls" and "certificate" not in answer.detail.lower()
        return is_waiting or is_failed
    is_dropped = answer.headers_s is None and answer.ended in ("eof", "reset")
    if is_dropped and (got := answer.wire.received) and got.size:
        name = name_protocol(got.start)
        return name.startswith("TLS") or not (name or got.start.startswith("HTTP/"))
    return is_dropped or (answer.status == 400 and "HTTPS" in answer.excerpt.upper())


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send one request, without the user's headers: plain HTTP would show their secrets."""
    probe = repeated_probe(case.proxy[0])
    parts = urlsplit(probe.url)
    scheme = "http" if parts.scheme == "https" else "https"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}")
    url = parts._replace(scheme=scheme, netloc=f"{host}:{port}").geturl()
    probe = replace(probe, url=url, http="1.1", encoding="identity")
    timeout_s = min(EXCHANGE_TIMEOUT_S, case.target.stall)
    timeline = await probe_first_event(probe, replace(options, headers=()), timeout_s)
    return (
        FollowUpResult(
            OTHER_SCHEME.purpose, timeline, tr("the same port by {scheme}://", scheme=scheme)
        ),
    )


OTHER_SCHEME = FollowUp(
    purpose="other-scheme",
    question=tr("is the port one for TLS, or for plain HTTP?"),
    requests=tr(
        "where no request got an answer, or one that says so: GET of the stream with the "
        "other scheme, without your headers"
    ),
    most=1,
    is_needed=_is_needed,
    run=_send,
    repeats_stream=True,
)

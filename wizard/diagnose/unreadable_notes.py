"""What to look at where an answer cannot be read, or where the request was never sent."""

from urllib.parse import urlsplit

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.addresses import upstream_peers
from wizard.model.case import Case
from wizard.model.probe_result import UNREADABLE_OUTCOMES, ProbeResult
from wizard.model.received import name_protocol
from wizard.model.timeline import Timeline, is_live
from wizard.text.display import comma_list, safe, sentences
from wizard.text.messages import tr
from wizard.text.urls import http_url, socket_path

_ADVICE = {
    "partial-head": tr("The headers of the answer come slowly or stopped. --stall waits longer."),
    "only-interim": (
        tr(
            "The server sent only interim answers. A final one must follow (RFC 9110, section "
            "15.2), and clients wait for it for ever."
        )
    ),
    "not-sent": (
        tr(
            "The other side never got the whole request, so nothing is known about its answer. "
            "Does that process still run, and read from its connections?"
        )
    ),
}
_SENT_EARLY = tr(
    "The server at the {side} URL answers before it gets a request. Is it the right server?"
)
_NOT_BY_NGINX = tr(
    "Nginx's error log says that its upstream sent no valid HTTP header; such an answer "
    "is passed on as it came. Is {upstream} the right port, and does it take http?"
)
_MAY_BE_PASSED_ON = tr(
    "If Nginx answers there: it passes on as it came what is no HTTP, so that {upstream} "
    "may be the wrong port. Its error log tells."
)
_NOT_COMPARED = tr("So this does not show whether the backend sends its stream.")
_BY_BACKEND = tr("The direct request gets the same, so the proxy is not the one that sends it.")
_BY_PROXY = tr(
    "The direct stream can be read: what stands between changes the body, or its "
    "Content-Encoding or framing alone."
)
_BY_WHOM = tr("--direct shows whether the backend or something in front of it sends this.")


def describe_unreadable(case: Case) -> tuple[str, ...]:
    """What to look at where no answer through the proxy can be read; empty if one can."""
    results = [result for result in case.proxy if result.was_made]
    if not results or any(result.outcome not in UNREADABLE_OUTCOMES for result in results):
        return ()
    is_compared = results[0].outcome == "undecodable"  # Then the advice names the direct request.
    direct = () if is_compared else describe_unreadable_direct(case)
    return (_advice(case, results[0]), *direct)


def describe_unreadable_direct(case: Case) -> tuple[str, ...]:
    """That a direct request shows nothing about the backend, and what to look at."""
    unread = next((each for each in case.direct if each.outcome in UNREADABLE_OUTCOMES), None)
    if unread is None or any(is_live(each.timeline) for each in case.direct):
        return ()
    advice = _advice(case, unread) if unread.outcome == "not-http" else _NOT_COMPARED
    return (tr("The direct request: {why}. {advice}", why=safe(unread.why, 300), advice=advice),)


def _advice(case: Case, result: ProbeResult) -> str:
    if result.outcome == "not-http":
        return _about_the_port(case, result.timeline)
    if result.outcome == "undecodable":
        return _about_the_body(case)
    return _ADVICE[result.outcome]


def _about_the_port(case: Case, timeline: Timeline) -> str:
    """Whether the URL, or what Nginx passes it to, leads to the port that is meant."""
    is_public, received = timeline.probe.enters_outside, timeline.wire.received
    side = "public" if is_public else "direct"
    if received is None or not received.problem:
        return _SENT_EARLY.format(side=side)
    name, place = name_protocol(received.start), _place(timeline.probe.url)
    if is_public and streams.own_log_lines(case, "invalid-answer"):
        return _NOT_BY_NGINX.format(upstream=_upstream(case))
    if not received.start or received.start.startswith("HTTP/"):
        return tr(
            "{place} of the {side} URL answers with HTTP that is not valid.", place=place, side=side
        )
    question = (
        tr("is the URL one for https?") if name.startswith("TLS") else tr("is it the right port?")
    )
    spoken = tr("speaks {name}", name=name) if name else tr("does not speak HTTP")
    advice = tr(
        "{place} of the {side} URL {spoken}: {question}",
        place=place,
        side=side,
        spoken=spoken,
        question=question,
    )
    if not is_public or case.resolution is None or case.resolution.upstream is None:
        return advice
    return sentences((advice, _MAY_BE_PASSED_ON.format(upstream=_upstream(case))))


def _upstream(case: Case) -> str:
    return safe(comma_list(upstream_peers(case)), 200) or tr("the address in its config")


def _place(url: str) -> str:
    if socket_path(url):
        return tr("The socket")
    parts = urlsplit(http_url(url))
    return tr("Port {port}", port=parts.port or (443 if parts.scheme == "https" else 80))


def _about_the_body(case: Case) -> str:
    if any(each.outcome == "live" for each in case.direct):
        return _BY_PROXY
    is_same = any(each.outcome == "undecodable" for each in case.direct)
    return _BY_BACKEND if is_same else _BY_WHOM

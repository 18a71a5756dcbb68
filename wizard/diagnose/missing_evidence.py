"""What of the evidence is missing, and how to get it."""

from wizard.diagnose.contradictions import describe_front
from wizard.diagnose.facts.addresses import upstream_peers
from wizard.diagnose.facts.metadata import has_token
from wizard.diagnose.facts.product import is_nginx_shown, proxy_at_direct
from wizard.diagnose.facts.request_difference import describe_request
from wizard.diagnose.outcome import is_well
from wizard.diagnose.unreadable_notes import describe_unreadable_direct
from wizard.diagnose.without_direct import describe_missing_direct
from wizard.model.case import Case
from wizard.model.target import LOCAL
from wizard.model.timeline import is_live
from wizard.text.display import comma_list, safe, summarize_body
from wizard.text.messages import tr

_NO_DIRECT_WEBSOCKET = tr(
    "No direct URL was given, so it is not known whether the backend opens the WebSocket."
)
_NO_CONFIG = tr("No Nginx config was read, so it is not known what Nginx would hold.")
_NO_CONFIG_WEBSOCKET = tr(
    "No Nginx config was read, so it is not known whether Nginx passes the upgrade on."
)


def describe_missing_evidence(case: Case) -> tuple[str, ...]:
    """What could be given of requests, direct URLs, configs and logs."""
    notes = [
        *describe_unreadable_direct(case),
        *describe_request(case),
        *_credentials_note(case),
        *_refused_websocket_note(case),
        *_own_answer_note(case),
        *_whole_answer_note(case),
    ]
    if case.direct and all(result.outcome == "refused" for result in case.direct):
        notes.append(_unreachable_direct(case))
    if case.resolution is not None and not case.resolution.listens:
        notes.append(
            tr(
                "No server of this config listens on the URL's port: is it the config of the Nginx "
                "that serves this URL, or does something stand in front of it?"
            )
        )
    if not case.target.upgrade:
        notes += describe_missing_direct(case)
    elif not case.target.direct:
        notes.append(_NO_DIRECT_WEBSOCKET)
    notes += _proxy_at_direct_note(case)
    if not is_nginx_shown(case):
        return (*notes, tr("{sentence}.", sentence=describe_front(case)))
    if case.resolution is None and case.target.conf is None:
        notes.append(_NO_CONFIG_WEBSOCKET if case.target.upgrade else _NO_CONFIG)
    if not case.logs and not case.target.logs:
        notes.append(tr("No log file was read. Nginx's error log says what it could not do."))
    return tuple(notes)


def _refused_websocket_note(case: Case) -> tuple[str, ...]:
    """That the backend itself refuses the WebSocket."""
    asked = [result for result in case.direct if result.timeline.probe.upgrade]
    refused = [result for result in asked if result.timeline.status not in (None, 101)]
    if not refused or len(refused) < len(asked):
        return ()
    body = summarize_body(refused[0].timeline.excerpt)
    answer = f"{refused[0].timeline.status}{f': {body}' if body else ''}"
    return (
        tr(
            "The direct request gets no WebSocket either ({answer}), so Nginx is not at fault.",
            answer=answer,
        ),
    )


def _credentials_note(case: Case) -> tuple[str, ...]:
    """What to do about a 401, in one sentence."""
    if not any(result.timeline.status == 401 for result in case.proxy):
        return ()
    if not has_token(case):
        return (tr("The URL asks for credentials: send them with --header 'Authorization: …'."),)
    if not _is_direct_served(case):
        return ()
    return (
        tr(
            "The direct request is served with these credentials, and the same request through "
            "the proxy gets 401: does the proxy pass Authorization on?"
        ),
    )


def _own_answer_note(case: Case) -> tuple[str, ...]:
    """That by the config Nginx itself gives the answer that was seen, and which line does."""
    answer = case.resolution.answer if case.resolution else None
    seen = {result.timeline.status for result in case.proxy}
    if answer is None or answer.status is None or answer.status not in seen:
        return ()
    name, where = safe(answer.directive.name, 60), safe(str(answer.directive.where), 120)
    return (
        tr(
            "By its config, Nginx itself answers {status} to this request: `{name}` at {where}.",
            status=answer.status,
            name=name,
            where=where,
        ),
    )


def _whole_answer_note(case: Case) -> tuple[str, ...]:
    """What to do if a POST was answered with no stream on both sides."""
    results = (*case.proxy, *case.direct)
    is_whole = bool(results) and all(each.outcome == "not-a-stream" for each in results)
    if case.target.method == "GET" or not is_whole:
        return ()
    return (
        tr(
            'The answer was complete at once. Does the request\'s body ask for a stream ("stream": '
            "true)?"
        ),
    )


def _proxy_at_direct_note(case: Case) -> tuple[str, ...]:
    """That a direct URL at which nothing is live may be that of another proxy."""
    named = proxy_at_direct(case)
    handshake = case.handshake("direct")
    if named is None or any(is_well(each, handshake) for each in case.direct):
        return ()
    who = tr(
        "At the direct URL {name} answers ({evidence})",
        name=named.name,
        evidence=named.evidence.text,
    )
    advice = tr("Add the address of what stands behind it.")
    return (
        tr(
            "{who}: if it passes requests on, it may hold the stream itself. {advice}",
            who=who,
            advice=advice,
        ),
    )


def _is_direct_served(case: Case) -> bool:
    """True if the direct stream is live, or the direct handshake succeeds."""
    handshake = case.handshake("direct")
    is_complete = handshake is not None and handshake.is_complete
    return is_complete or any(is_live(result.timeline) for result in case.direct)


def _unreachable_direct(case: Case) -> str:
    """What to do about a direct URL that does not answer."""
    vantages = dict.fromkeys(result.timeline.probe.vantage for result in case.direct)
    peers = safe(comma_list(upstream_peers(case)), 200)
    where = "here" if LOCAL in vantages else comma_list(vantages)
    used = tr(" (it passes to {peers})", peers=peers) if peers else ""
    question = tr(
        "The direct URL cannot be reached from {where}. Is it the address that Nginx uses{used}?",
        where=where,
        used=used,
    )
    if LOCAL not in vantages:
        return question
    advice = tr("send it from there: --vantage web='ssh HOST' --direct web=URL.")
    return tr(
        "{question} If only Nginx's host can reach it, {advice}", question=question, advice=advice
    )

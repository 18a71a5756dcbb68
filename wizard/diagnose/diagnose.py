"""From a case to its diagnosis. Pure, and independent of the order in which the rules run."""

from collections.abc import Iterator
from dataclasses import replace

from wizard.diagnose.contradictions import contradiction, describe_front, name_front
from wizard.diagnose.facts.addresses import possible_peers, upstream_peers
from wizard.diagnose.facts.directives import ignores_x_accel_buffering, is_proxied
from wizard.diagnose.facts.logs import unexplained_failures
from wizard.diagnose.facts.metadata import has_token
from wizard.diagnose.facts.product import is_nginx_shown, proxy_at_direct
from wizard.diagnose.facts.request_difference import describe_request
from wizard.diagnose.facts.streams import DELIVERS, follow_ups, is_unexpected, predicted_results
from wizard.diagnose.false_direct import describe_false_direct, without_false_direct
from wizard.diagnose.health import describe_health, describe_place, describe_unseen
from wizard.diagnose.hops import (
    describe_contradiction,
    describe_failing_hop,
    describe_unclear_hops,
    has_several_proxies,
    narrow_to_hop,
    results_by_hop,
)
from wizard.diagnose.missing_input import fill_places
from wizard.diagnose.outcome import NO_GET_STREAM, is_well
from wizard.diagnose.own_delay import describe_hidden_session, without_hidden_requests
from wizard.diagnose.rule import ConfigFinding, Stage
from wizard.diagnose.rule_settings import prefix_of
from wizard.diagnose.ruled_out import ruled_out
from wizard.diagnose.rules import Rule, all_rules, rule_named
from wizard.diagnose.session_outcome import (
    describe_same_directly,
    handshake_problem,
    refused_message,
)
from wizard.diagnose.undecided_config import (
    describe_undecided_config,
    has_useless_config,
    without_undecided_config,
)
from wizard.diagnose.unreadable_notes import describe_unreadable, describe_unreadable_direct
from wizard.diagnose.without_direct import describe_missing_direct
from wizard.model.case import Case
from wizard.model.diagnosis import CONFIDENCE_WORDS, Diagnosis, Finding, Verdict
from wizard.model.probe_result import (
    DELAYED_OUTCOMES,
    HELD_OUTCOMES,
    UNREADABLE_OUTCOMES,
    ProbeResult,
)
from wizard.model.resolution import RequestResolution
from wizard.model.target import LOCAL
from wizard.model.timeline import Timeline, is_live
from wizard.text.bugs import confine, report_bug
from wizard.text.display import capitalize, clauses, comma_list, safe, summarize_body
from wizard.text.messages import tr

_CONFIDENCES = ("confirmed", "likely", "possible")
"""Surest first."""
_MAY_BE_LIVE = DELIVERS | {"undecided"}
"""Predictions that a live probe does not contradict: its events may have been small."""
_NO_CAUSE = tr("no cause could be shown")


def diagnose(case: Case) -> Diagnosis:
    """Apply all rules to a case, see `_diagnose`; inconclusive if a bug ends that."""
    return confine(
        tr("the diagnosis"),
        lambda: _diagnose(case),
        lambda why: Diagnosis("inconclusive", tr("{sentence}.", sentence=capitalize(why))),
    )


def _diagnose(case: Case) -> Diagnosis:
    """Apply all rules to a case: causes in order, risks, and notes on what is missing.

    If several hops were probed, the rules see the case of the one at which the stream stops.
    """
    given, false_direct = case, describe_false_direct(case)
    undecided_config = describe_undecided_config(case)
    hidden_session = describe_hidden_session(case)
    whole = without_hidden_requests(without_undecided_config(without_false_direct(case)))
    case = narrow_to_hop(whole)
    bugs = list[str]()
    ranked = sorted(_findings(case, bugs), key=_rank)
    refuted = {f.id: why for rule, f in ranked if (why := contradiction(case, rule, f))}
    is_useless = has_useless_config(given)
    filled = (fill_places(f, whole, has_useless_config=is_useless) for _, f in ranked)
    findings = [name_front(case, finding) for finding in filled if finding.id not in refuted]
    symptoms = frozenset[str]().union(*(f.explains for f in findings if not f.latent))
    causes = tuple(f for f in findings if not f.latent and f.id not in symptoms)
    risks = tuple(f for f in findings if f.latent)
    unclear_order, shortcoming = describe_contradiction(whole), _shortcoming(whole)
    shortcoming = shortcoming or hidden_session or next(iter(bugs), "")
    notes = (
        *bugs,
        *false_direct,
        *undecided_config,
        *(tr("{sentence}.", sentence=capitalize(why)) for why in dict.fromkeys(refuted.values())),
        *([capitalize(unclear_order)] if unclear_order else []),
        *describe_unclear_hops(whole),
        *(session.problem for session in whole.capabilities if session.problem),
        *_disagreements(case, causes),
        *_missing_input(whole, causes, shortcoming),
    )
    verdict = _verdict(causes, shortcoming)
    notes = tuple(dict.fromkeys(notes))
    summary = _summary(whole, verdict, causes, shortcoming)
    return Diagnosis(verdict, summary, causes, risks, notes)


def _findings(case: Case, bugs: list[str]) -> Iterator[tuple[Rule, Finding]]:
    """What each rule finds in the case; a sentence for each that cannot be applied is added to
    `bugs`."""
    for rule in all_rules():
        try:
            finding = rule.check(rule, case)
        except Exception as error:  # noqa: BLE001
            bugs.append(
                tr(
                    "{sentence}.",
                    sentence=capitalize(report_bug(tr("the rule {id}", id=rule.id), error)),
                )
            )
            continue
        if finding:
            finding = replace(finding, ruled_out=ruled_out(case, rule, finding))
            yield rule, _with_prefixes(finding, case)


def _rank(ranked: tuple[Rule, Finding]) -> tuple[int, int, str]:
    rule, finding = ranked
    return _CONFIDENCES.index(finding.confidence), rule.stage, rule.id


def _with_prefixes(finding: Finding, case: Case) -> Finding:
    """The finding, its fix naming the directives of the modules that serve the two paths."""
    stream, messages = case.resolution, case.message_resolution or case.resolution
    return replace(finding, fix=finding.fix.with_prefixes(prefix_of(stream), prefix_of(messages)))


def config_findings(resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The failure modes that the config alone leads to, in a fixed order.

    A path that is passed to no backend can only be routed wrongly.
    """
    proxied = is_proxied(resolution)
    rules = sorted(all_rules(), key=lambda rule: rule.config_order)
    return tuple(
        finding
        for rule in rules
        if rule.check_config and (proxied or rule.stage == Stage.ROUTE)
        for finding in rule.check_config(rule, resolution)
    )


def _verdict(causes: tuple[Finding, ...], shortcoming: str) -> Verdict:
    """A cause that is only `possible` is no fault yet: naming a wrong one costs more than none."""
    if any(cause.confidence != "possible" for cause in causes):
        return "fault"
    return "inconclusive" if causes or shortcoming else "healthy"


def _shortcoming(case: Case) -> str:
    """What failed or was not seen through the proxy, in one sentence; empty if all is well.

    All is well if what the backend sends arrives, whole and when it was sent, as far as it was
    watched: every proxied probe of an offered variant was seen to be live, and if an MCP server
    answers, the handshake through the proxy is done and none of its messages was lost.
    """
    if not any(result.was_made for result in case.proxy):
        return tr("The stream was not probed {place}.", place=describe_place(case))
    if _is_interrupted(case):
        return tr("The check was interrupted before it was complete.")
    if any(result.outcome == "running" or result.was_left for result in case.proxy):
        return tr("The probe was interrupted before the stream had shown what it does.")
    proxied = case.handshake("proxy")
    unwell = [each for each in case.proxy if each.was_made and not is_well(each, proxied)]
    failing = min(unwell, key=lambda result: result.is_unjudged, default=None)
    problem = handshake_problem(case)
    # A server that answers by POST need not offer the GET: then its session is what fails.
    is_needed = failing is not None and failing.timeline.status not in NO_GET_STREAM
    if failing is not None and not is_needed:
        problem = problem or refused_message(case)
    if failing is not None and (is_needed or not problem):
        where = describe_failing_hop(case) if has_several_proxies(results_by_hop(case)) else ""
        parts = clauses(part for part in (safe(failing.why, 300), where, _NO_CAUSE) if part)
        return tr("The stream {place}: {outcomes}.", place=describe_place(case), outcomes=parts)
    if problem:
        parts = clauses(filter(None, (safe(problem, 300), describe_same_directly(case))))
        return tr(
            "The MCP session {place} fails: {problem}", place=describe_place(case), problem=parts
        )
    lost = [sent for sent in follow_ups(case, "affinity") if _is_lost_message(sent.timeline)]
    if lost:
        return tr(
            "The stream is live, but messages of its session get lost: {count}.", count=len(lost)
        )
    failures = unexplained_failures(case)
    described = failures[0].failure.describe() if failures else ""
    return (
        tr("Our requests are served, but the logs show {failures}.", failures=safe(described, 400))
        if failures
        else ""
    )


def _is_lost_message(timeline: Timeline) -> bool:
    """True for a message through the proxy that was not accepted."""
    is_accepted = timeline.status is not None and timeline.status < 300
    return timeline.probe.name.endswith("-proxy") and not is_accepted


def _is_interrupted(case: Case) -> bool:
    """True if the proxied probes, or the handshake after them, were not watched to their end."""
    return "proxy" in case.unfinished or "verify" in case.unfinished


def _summary(case: Case, verdict: Verdict, causes: tuple[Finding, ...], shortcoming: str) -> str:
    """What was observed, in one sentence."""
    if verdict == "fault":
        confidence = CONFIDENCE_WORDS[causes[0].confidence]
        return tr("{cause} ({confidence}).", cause=causes[0].title, confidence=confidence)
    if verdict == "healthy":
        return describe_health(case)
    return shortcoming or tr(
        "{summary} Possible: {cause}.", summary=describe_health(case), cause=causes[0].title
    )


def _disagreements(case: Case, causes: tuple[Finding, ...]) -> tuple[str, ...]:
    sure = [rule_named(cause.id) for cause in causes if cause.confidence == "confirmed"]
    if any(rule is not None and rule.stage <= Stage.ADMIT for rule in sure):
        return ()  # the response was not there yet: nothing of its delivery was seen
    is_explained = bool(sure)
    # A stream that is explained and was late, or that the backend did not send, was not held: it
    # does not contradict the config.
    is_explained |= any(r.outcome in UNREADABLE_OUTCOMES for r in case.direct)
    results = [r for r in case.proxy if not (is_explained and _is_unheld(case, r))]
    return tuple(note for result in results if (note := _disagreement(case, result)))


def _is_unheld(case: Case, result: ProbeResult) -> bool:
    """True if the stream was late, or if the backend did not send it to such a request either."""
    encoding = result.timeline.probe.encoding
    alike = [each for each in case.direct if each.timeline.probe.encoding == encoding]
    direct = alike or case.direct
    is_unsent = bool(direct) and not any(is_live(each.timeline) for each in direct)
    return result.outcome in (DELAYED_OUTCOMES if is_unsent else {"late"})


def _disagreement(case: Case, result: ProbeResult) -> str:
    """How the outcome of a probe contradicts the config; empty if it does not."""
    expected = predicted_results(case, result)
    label = result.timeline.probe.label
    if result.outcome in HELD_OUTCOMES and is_unexpected(case, result):
        predicted = (
            tr("live") if expected == {"live"} else tr("that Nginx holds only the ends of events")
        )
        return tr(
            "{label}: the config predicts {predicted}, but it was {outcome}. Is this the config "
            "that runs (was Nginx reloaded), or does another proxy stand in front?",
            label=label,
            predicted=predicted,
            outcome=result.outcome_word,
        )
    # A stream that ended says nothing: Nginx passes everything on at the end.
    if result.outcome == "live" and expected and expected.isdisjoint(_MAY_BE_LIVE):
        return tr(
            "{label}: the config predicts {expected}, but it was live. Is this the config that "
            "runs, and does this URL reach this Nginx?{by_header}",
            label=label,
            expected=tr(" or ").join(sorted(expected)),
            by_header=_by_header(case),
        )
    return ""


def _by_header(case: Case) -> str:
    """The question whether the backend switches buffering off, where no direct probe shows it."""
    resolution = case.resolution
    if resolution is None or ignores_x_accel_buffering(resolution) or possible_peers(case):
        return ""
    return tr(
        " Or does the backend send X-Accel-Buffering: no? A request to that backend with "
        "--direct shows it."
    )


_NO_DIRECT_WEBSOCKET = tr(
    "No direct URL was given, so it is not known whether the backend opens the WebSocket."
)
_NO_CONFIG = tr("No Nginx config was read, so it is not known what Nginx would hold.")
_NO_CONFIG_WEBSOCKET = tr(
    "No Nginx config was read, so it is not known whether Nginx passes the upgrade on."
)


def _missing_input(case: Case, causes: tuple[Finding, ...], shortcoming: str) -> tuple[str, ...]:
    """What the user could give to make the diagnosis surer; nothing if it is sure."""
    if not shortcoming:
        return describe_unseen(case)
    if any(cause.confidence == "confirmed" for cause in causes):
        return ()
    # Nothing of buffering, configs or logs explains an answer that cannot be read.
    return describe_unreadable(case) or _missing_evidence(case)


def _missing_evidence(case: Case) -> tuple[str, ...]:
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

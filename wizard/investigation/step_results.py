"""Rate the evidence of each step: pass, warn, fail or skip, with the reason in one sentence."""

from collections import Counter
from collections.abc import Sequence

from wizard.diagnose.facts.schemes import demands_tls
from wizard.diagnose.facts.upgrades import is_upgrade, sent_upgrade
from wizard.diagnose.outcome import is_well
from wizard.diagnose.session_outcome import handshake_problem
from wizard.diagnose.unreadable_answer import unreadable_outcome
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.handshake import Handshake
from wizard.model.log_report import LogReport
from wizard.model.probe_result import OUTCOME_WORDS, UNREADABLE_OUTCOMES, ProbeResult
from wizard.model.resolution import RequestResolution
from wizard.model.steps import State
from wizard.model.timeline import Timeline
from wizard.nginx.servers import http_blocks
from wizard.text.display import clauses, comma_list, noted, safe, seconds
from wizard.text.messages import plural, tr

StepResult = tuple[State, str]
FAULT_TAGS = frozenset(
    {"held-499", "held-200", "read-timeout", "header-timeout", "connect-failed", "premature-close"}
    | {
        "gateway",
        "limited",
        "delayed",
        "auth-request",
        "access-denied",
        "tried-again",
        "worker-timeout",
    }
    | {
        "upstream-tls",
        "invalid-answer",
        "invalid-header",
        "resolver-missing",
        "name-unresolved",
        "proxy-protocol",
    }
    | {"upstream-header-too-big", "request-header-too-large", "body-too-large"}
)
"""Tags of log lines that show a fault. Canceled lines do not: our own disconnect leaves one too."""


def rate_root(timeline: Timeline) -> StepResult:
    """Pass for an answer of the root path that shows a server with something to serve.

    An answer of 400, 404 or 5xx is worth a look, and no fault: the stream is another path.
    """
    if timeline.headers_s is None:
        unreadable = unreadable_outcome(timeline)
        why = unreadable[1] if unreadable else timeline.detail
        return "fail", why or tr("no answer within {waited_s}", waited_s=seconds(timeline.waited_s))
    media = safe((timeline.header("content-type") or tr("no content type")).split(";")[0], 60)
    answer = tr(
        "{status} {media} after {headers_s}",
        status=timeline.status,
        media=media,
        headers_s=seconds(timeline.headers_s),
    )
    if reason := _doubt_of_root(timeline):
        return "warn", tr("answers {answer}: {reason}", answer=answer, reason=reason)
    return "pass", answer


def _doubt_of_root(timeline: Timeline) -> str:
    """What the status of the root path's answer says and what to do; empty if it is no problem."""
    status = timeline.status or 0
    if demands_tls(timeline):
        return tr("this port speaks TLS, use https://")
    if status == 400:
        return tr("the server refuses the request as it was sent; check the port and the host")
    if status == 404:
        return tr("nothing is served at this path; the stream may still work")
    if status in (502, 504):
        return tr(
            "the server that answers got no answer from the one behind it; check that that one runs"
        )
    if status == 503:
        return tr("the server refuses the request for now; check its limits and what is behind it")
    return tr("a server error; its error log says which") if status >= 500 else ""


def rate_results(results: Sequence[ProbeResult], handshake: Handshake | None = None) -> StepResult:
    """Pass only if every variant that the server offers is well.

    The MCP handshake from the same side decides whether a GET stream is needed.
    """
    offered = [result for result in results if result.was_made]
    if not offered:
        return "skip", results[0].why if results else tr("nothing was probed")
    state, why = _rate_offered(offered, handshake)
    for result in results:
        if result.outcome == "not-asked":
            return "fail" if state == "fail" else "warn", clauses((why, result.why))
    return state, why


def _rate_offered(offered: Sequence[ProbeResult], handshake: Handshake | None) -> StepResult:
    bad = [result for result in offered if not is_well(result, handshake)]
    if not bad and all(result.outcome not in ("live", "ended") for result in offered):
        return "pass", tr(
            "no GET stream is needed: the server answers by POST; {why}", why=offered[0].why
        )
    if not bad:
        times = [at for result in offered if (at := result.timeline.first_data_s) is not None]
        what = tr("WebSocket open") if offered[0].timeline.is_websocket else tr("first data")
        first = (
            tr("{what} after {times}", what=what, times=seconds(min(times)))
            if times
            else tr("no data")
        )
        return "pass", tr("live: {first}", first=first)
    if all(result.outcome == "silent" for result in offered):
        return "warn", tr("open and silent: {why}", why=offered[0].why)
    counts = Counter(result.outcome for result in bad)
    words, total = _OUTCOME_WORDS, len(offered)
    parts = (
        tr(
            "{outcome} in {count} of {total}",
            outcome=words.get(outcome) or OUTCOME_WORDS[outcome],
            count=n,
            total=total,
        )
        for outcome, n in counts.items()
    )
    return "fail", tr("{counts}: {why}", counts=comma_list(parts), why=bad[0].why)


_OUTCOME_WORDS = {
    "status": tr("an error"),
    "not-a-stream": tr("no stream"),
    "refused": tr("no answer"),
    **UNREADABLE_OUTCOMES,
    "undecodable": tr("cannot be decoded"),
    "partial-head": tr("headers incomplete"),
}


def rate_direct(case: Case) -> StepResult:
    """Rate the direct probes."""
    return rate_results(case.direct, case.handshake("direct"))


def rate_logs(reports: Sequence[LogReport]) -> StepResult:
    """Warn if a line, of our own probes or of others, shows a fault, or if no line is ours."""
    ours = [line for report in reports for line in report.lines if line.ours]
    faults = [line for line in ours if line.tag in FAULT_TAGS]
    if faults:
        lines = plural(len(faults), "line")
        return "warn", tr(
            "{lines} of our own probes show a fault: {meaning}",
            lines=lines,
            meaning=safe(faults[0].meaning),
        )
    if problems := [report.problem for report in reports if report.problem]:
        return "fail", _first_and_count(problems)
    silent = [report.file for report in reports if not report.read and report.history is None]
    if silent and len(silent) == len(reports):
        return "warn", tr(
            "{silent}: it has no line at all, neither old nor new", silent=_first_and_count(silent)
        )
    read = sum(report.read for report in reports)
    if not ours:
        return "warn", tr(
            "new lines: {read}, none from our probes: is this the log of this Nginx?", read=read
        )
    counts = tr("new lines: {read}, from our probes: {count}", read=read, count=len(ours))
    if failed := sum(failure.count for report in reports for failure in report.all_failures):
        others = tr("{count} about other requests that failed", count=plural(failed, "line"))
        return "warn", tr(
            "{counts}; none from our probes shows a fault, but there are {others}",
            counts=counts,
            others=others,
        )
    return "pass", tr("{counts}; none shows a fault", counts=counts)


def _first_and_count(texts: Sequence[str]) -> str:
    return (
        tr("{texts} (and {count} more)", texts=texts[0], count=len(texts) - 1)
        if len(texts) > 1
        else texts[0]
    )


def rate_resolution(resolution: RequestResolution) -> StepResult:
    """Warn if the config would hold a stream, or if it may be the config of another Nginx."""
    state, why = _rate_location(resolution)
    doubt = resolution.config.doubt
    if resolution.refusal:
        refusal = safe(str(resolution.refusal), 300)
        doubt = tr(
            "Nginx refuses this config ({refusal}): the running Nginx has another one",
            refusal=refusal,
        )
    if not doubt and not resolution.listens:  # usual behind another proxy, so only a doubt
        doubt = tr(
            "no server in it listens on port {effective_port}: it belongs to another Nginx, or "
            "the port is mapped or TLS ends in front of it",
            effective_port=resolution.request.effective_port,
        )
    return ("warn", clauses((doubt, why))) if doubt else (state, why)


def _rate_location(resolution: RequestResolution) -> StepResult:
    server, location = resolution.server, resolution.location
    if server is None:
        return "warn", tr("no server block serves this URL")
    if resolution.is_undecided:
        return "warn", tr(
            "who answers is not decided: {doubt}", doubt=safe(str(resolution.doubt), 300)
        )
    if location is None:
        return "warn", tr("no location in {where} matches the path", where=server.directive.where)
    name = f"location {location.modifier} {location.path}".replace("  ", " ")
    where = noted(f"{safe(name, 80)}{_of_server(resolution)}", str(location.directive.where))
    if is_upgrade(resolution):
        return _rate_upgrade(resolution, where)
    held = [row for row in resolution.delivery if row.result in ("held", "tail-held")]
    if not resolution.delivery:
        return "warn", tr("{where} passes to no backend that streams", where=where)
    if held:
        count = tr(
            "{count} of {total} request variants", count=len(held), total=len(resolution.delivery)
        )
        return "warn", tr(
            "{where} serves it and would hold it, or parts of it, for {count}",
            where=where,
            count=count,
        )
    if unknown := [each for each in resolution.body_filters if each.effect == "unknown"]:
        return "warn", tr(
            "{where} serves it; `{name}` may hold it", where=where, name=safe(unknown[0].name, 80)
        )
    return "pass", tr("{where} serves it; the config holds nothing back", where=where)


def _of_server(resolution: RequestResolution) -> str:
    """The server's name, where the config has several servers to choose from; else empty."""
    name = resolution.server.name if resolution.server else ""
    count = sum(1 for http in http_blocks(resolution.config) for _ in http.children("server"))
    return tr(" of server {name}", name=safe(name, 80)) if name and count > 1 else ""


def _rate_upgrade(resolution: RequestResolution, where: str) -> StepResult:
    sent = sent_upgrade(resolution)
    if sent is None:
        return "warn", tr("{where} passes no WebSocket to a backend", where=where)
    if sent.losses:
        return "warn", tr("{where} serves it; {losses}", where=where, losses=sent.losses[0].text)
    passed = tr("passes the upgrade on") if sent.is_decided else tr("may pass the upgrade on")
    return "pass" if sent.is_decided else "warn", tr(
        "{where} serves it and {passed}", where=where, passed=passed
    )


def rate_diagnosis(diagnosis: Diagnosis) -> StepResult:
    """Pass only if the verdict is healthy."""
    states: dict[str, State] = {"healthy": "pass", "fault": "fail", "inconclusive": "warn"}
    return states[diagnosis.verdict], diagnosis.summary


def rate_proxied(case: Case) -> StepResult:
    """Pass if the proxied probes are well and the MCP handshake succeeds through the proxy too."""
    handshake = case.handshake("proxy")
    state, why = rate_results(case.proxy, handshake)
    if state == "pass" and (problem := handshake_problem(case)):
        return "fail", tr(
            "the MCP session through the proxy fails: {problem}", problem=safe(problem, 200)
        )
    return state, why


def rate_recommendation(recommendation: Recommendation | None, diagnosis: Diagnosis) -> StepResult:
    """Pass if there is a block, or if Nginx needs none."""
    if recommendation is not None:
        return "pass", recommendation.summary
    if diagnosis.verdict == "healthy":
        return "pass", tr("nothing to fix")
    if diagnosis.causes and diagnosis.verdict == "fault":
        return "pass", tr("no Nginx block: {summary}", summary=diagnosis.causes[0].fix.summary)
    return "skip", tr("no cause was found, so nothing is recommended")

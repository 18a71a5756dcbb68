"""The endpoint answers POST, and its answer to a GET is no stream."""

from wizard.diagnose.facts import directives
from wizard.diagnose.facts.evidence import body_suffix, result_evidence, setting_evidence
from wizard.diagnose.outcome import NO_GET_STREAM
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.text.display import safe
from wizard.text.messages import tr

NOT_ALLOWED = 405
"""The answer to a GET that says that there is no stream: MCP 2025-03-26 and 2026-07-28."""
_BY_POST = tr(
    "An MCP session by POST works through the proxy, so Nginx is not at fault. A client of an "
    "older transport takes this answer to its GET for a failure and retries for ever; a 405 "
    "tells it that there is no stream."
)
_OTHER_METHOD = tr(
    "This endpoint {answers}, so a GET shows nothing of its stream. Add --request POST --data "
    "'…' and the headers that its client sends to check that request."
)
_ASK_AS_CLIENT = Fix(
    tr(
        "send the request as the client does: --request POST --data '…' --header 'Content-Type: "
        "application/json'"
    ),
    "client",
)
_STATELESS = "stateless"


def check(rule: Rule, case: Case) -> Finding | None:
    """An MCP session by POST works beside a GET that is answered badly, or the GET gets 405."""
    results = [result for result in case.proxy if result.was_made]
    if not results or case.target.method != "GET" or case.target.upgrade:
        return None
    proxied = case.handshake("proxy")
    if proxied is not None and proxied.is_complete and proxied.transport != "http+sse":
        return _beside_a_session(rule, case, results, proxied.transport)
    has_sibling = any(each.sibling and each.sibling.is_complete for each in case.handshakes)
    if (proxied is None or proxied.skipped) and not has_sibling:
        return _asks_for_post(rule, case, results)
    return None


def _beside_a_session(
    rule: Rule, case: Case, results: list[ProbeResult], transport: str
) -> Finding | None:
    """POST works; the GET has an answer from which old clients do not learn that."""
    bad = [result for result in results if _is_misleading(result, transport)]
    if len(bad) < len(results):
        return None
    alike = [result for result in case.direct if _is_alike(result, bad[0])]
    if case.direct and not alike:
        return None
    evidence = (
        *map(_answer_evidence, (bad[0], *alike[:1])),
        Evidence("probe", "mcp-proxy", "done"),
    )
    is_page = bad[0].outcome == "not-a-stream"
    return rule.finding("confirmed" if alike else "likely", evidence, _BY_POST, latent=not is_page)


def _is_misleading(result: ProbeResult, transport: str) -> bool:
    """True for an answer to a GET that does not say that the server answers by POST.

    A silent stream is what a server of Streamable HTTP may offer, and not one of 2026-07-28.
    """
    if result.outcome == "silent":
        return transport == _STATELESS
    if result.outcome == "not-a-stream":
        return "json" in result.timeline.media_type
    return result.timeline.status in NO_GET_STREAM - {NOT_ALLOWED}


def _is_alike(result: ProbeResult, other: ProbeResult) -> bool:
    return (result.outcome, result.timeline.status) == (other.outcome, other.timeline.status)


def _answer_evidence(result: ProbeResult) -> Evidence:
    text = tr(
        "GET: {outcome}: {why}{body_suffix}",
        outcome=result.outcome_word,
        why=result.why,
        body_suffix=body_suffix(result.timeline),
    )
    return Evidence("probe", result.timeline.probe.label, text)


def _asks_for_post(rule: Rule, case: Case, results: list[ProbeResult]) -> Finding | None:
    """405 to every GET, directly too: the stream is the answer to another method."""
    if any(result.timeline.status != NOT_ALLOWED for result in (*results, *_answered(case))):
        return None
    allowed = results[0].timeline.header("allow") or ""
    methods = {method.strip().upper() for method in allowed.split(",")}
    if allowed and "POST" not in methods:
        return None
    answers = (
        tr("answers {allowed} (Allow)", allowed=safe(allowed, 80))
        if allowed
        else tr("does not answer GET (405)")
    )
    evidence = (*map(result_evidence, (results[0], *_answered(case)[:1])), *_what_is_held(case))
    text = _OTHER_METHOD.format(answers=answers)
    return rule.finding("possible", evidence, text, fix=_ASK_AS_CLIENT)


def _answered(case: Case) -> list[ProbeResult]:
    return [result for result in case.direct if result.timeline.headers_s is not None]


def _what_is_held(case: Case) -> tuple[Evidence, ...]:
    """What the config would hold of a stream that answers the POST."""
    resolution = case.resolution
    if resolution is None or not resolution.delivery:
        return ()
    setting = setting_evidence(resolution, f"{resolution.prefix}_buffering")
    rows = resolution.delivery
    is_holding = any(row.is_held or row.holds_tails for row in rows)
    if any(row.is_held for row in rows):
        held = tr("would hold a stream that answers the POST")
    elif any(row.holds_tails for row in rows):
        held = tr("would hold the end of large events of such a stream")
    elif any(row.result == "undecided" for row in rows):
        held = tr("may hold such a stream, because of a directive in force that is not known")
    else:
        held = tr("would pass such a stream on as it comes")
    unless = tr(", unless the backend sends X-Accel-Buffering: no")
    is_overruled = directives.is_buffering(resolution) and is_holding
    text = tr(
        "{setting}: the config {held}{unless}",
        setting=setting.text,
        held=held,
        unless=unless if is_overruled else "",
    )
    return (Evidence("config", setting.where, text),)


RULE = Rule(
    id="get-not-offered",
    stage=Stage.ROUTE,
    fix=Fix(
        tr(
            "let the server answer 405 to a GET where it has no stream, or use a client of the "
            "transport that the server supports"
        ),
        "backend",
    ),
    check=check,
)

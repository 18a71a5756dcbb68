"""What failed or was not seen of a stream whose cause is not shown."""

from wizard.diagnose.facts.logs import unexplained_failures
from wizard.diagnose.facts.streams import follow_ups
from wizard.diagnose.health import describe_place
from wizard.diagnose.hops import (
    describe_failing_hop,
    has_several_proxies,
    results_by_hop,
)
from wizard.diagnose.outcome import NO_GET_STREAM, is_well
from wizard.diagnose.session_outcome import (
    describe_same_directly,
    handshake_problem,
    refused_message,
)
from wizard.model.case import Case
from wizard.model.timeline import Timeline
from wizard.text.display import clauses, safe
from wizard.text.messages import tr

_NO_CAUSE = tr("no cause could be shown")


def describe_shortcoming(case: Case) -> str:
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

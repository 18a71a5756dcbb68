"""Facts about the probes of the stream, the follow-ups and the log."""

from collections.abc import Iterable

from wizard.diagnose.facts import product
from wizard.model import arrivals
from wizard.model.case import Case, FirstFailingHop, FollowUpResult
from wizard.model.diagnosis import Confidence
from wizard.model.log_report import HELD_TAGS, LogLine
from wizard.model.probe_result import HELD_OUTCOMES, PARTLY_HELD_OUTCOMES, ProbeResult
from wizard.model.resolution import Delivery
from wizard.model.timeline import Timeline, is_live
from wizard.text.messages import tr

REACHED = frozenset({"live", "ended", "cut"}) | PARTLY_HELD_OUTCOMES
"""Outcomes of probes whose data arrived."""
DELIVERS = frozenset({"live", "tail-held"})
"""Predictions by which small events arrive."""
NO_CONNECTION = frozenset({"refused", "timeout", "dns"})
"""Ends of probes that never reached a server."""
_GATEWAY_ERRORS = (502, 503, 504)
PROXY_HEADERS = ("cf-ray", "x-amz-cf-id", "x-served-by", "x-envoy-upstream-service-time")
"""Response headers by which proxies other than Nginx are known, beside Via."""


def counted_probes(
    results: Iterable[ProbeResult], encoding: str = "identity"
) -> tuple[ProbeResult, ...]:
    """The probes of one encoding, without those whose HTTP version the server does not offer.

    A request that is sent once has the client's own encoding, which then stands for the plain one.
    """
    counted = [result for result in results if result.was_made]
    encodings = {result.timeline.probe.encoding for result in counted}
    if encoding == "identity" and len(encodings) == 1:
        return tuple(counted)
    return tuple(result for result in counted if result.timeline.probe.encoding == encoding)


def held_probes(case: Case, encoding: str = "identity") -> tuple[ProbeResult, ...]:
    """The proxied probes of this encoding that are held."""
    counted = counted_probes(case.proxy, encoding)
    return tuple(result for result in counted if result.outcome in HELD_OUTCOMES)


def live_direct_probes(case: Case, encoding: str = "identity") -> tuple[ProbeResult, ...]:
    """The direct probes of this encoding that received data."""
    counted = counted_probes(case.direct, encoding)
    return tuple(result for result in counted if is_live(result.timeline))


def live_beside_held(case: Case) -> tuple[ProbeResult, ...]:
    """The live proxied probes beside held ones: they prove that the backend sends.

    No direct URL is needed for that. Empty unless the variants divide them: every probe of one
    HTTP version, or of one encoding, is live, and every other one is held. Else it may be chance.
    """
    made = [result for result in case.proxy if result.was_made]
    live = tuple(result for result in made if result.outcome in ("live", "ended"))
    held = [result for result in made if result.outcome in HELD_OUTCOMES]
    if not live or not held or len(live) + len(held) < len(made):
        return ()
    probes = [[result.timeline.probe for result in results] for results in (live, held)]
    by_version = [{probe.http for probe in group} for group in probes]
    by_encoding = [{probe.encoding for probe in group} for group in probes]
    is_divided = any(first.isdisjoint(second) for first, second in (by_version, by_encoding))
    return live if is_divided else ()


def is_asked_by_wget(case: Case, result: ProbeResult) -> bool:
    """True if the request was made by wget, which shows nothing before the headers are complete."""
    place = result.timeline.probe.vantage
    return any(each.vantage == place and each.tool == "wget" for each in case.capabilities)


def is_served_directly(case: Case) -> bool:
    """True if a direct stream is live without compression, or the direct handshake succeeds."""
    handshake = case.handshake("direct")
    is_complete = handshake is not None and handshake.is_complete
    return is_complete or bool(live_direct_probes(case))


def longest_ping_gap_s(case: Case) -> float | None:
    """The longest silence between two events or pings on any probe, in seconds."""
    gaps = [result.timeline.ping_gap_s for result in (*case.direct, *case.proxy)]
    return max((gap for gap in gaps if gap is not None), default=None)


def predicted_results(case: Case, result: ProbeResult) -> frozenset[str]:
    """What the config predicts for this probe; empty without a prediction."""
    return frozenset(row.result for row in predicted_deliveries(case, result))


def predicted_deliveries(case: Case, result: ProbeResult) -> tuple[Delivery, ...]:
    """How this probe may be delivered by the config, one for each way that is possible."""
    label = result.timeline.probe.label
    return tuple(row.delivery for row in case.predictions if row.label == label)


def could_be_held(case: Case, result: ProbeResult) -> bool:
    """True if the config predicts the way in which this probe is held, for some framing of the
    backend. Beside a filter that is not known, buffering alone must hold it.

    Where only the ends of large events should be held, nothing at all arrives only if the events
    come to Nginx in parts; its log then shows that it passed nothing on. Events that wait whole
    and come together do not come from a buffer that was full.
    """
    if waits_whole(result):
        return False
    holding = {"held", "headers-held"}
    label = result.timeline.probe.label
    logged = any(line.client == label for line in own_log_lines(case, *HELD_TAGS))
    if result.outcome in PARTLY_HELD_OUTCOMES or logged:
        holding.add("tail-held")
    rows = predicted_deliveries(case, result)
    return any(not holding.isdisjoint((row.result, row.otherwise)) for row in rows)


def is_unexpected(case: Case, result: ProbeResult) -> bool:
    """True if the config delivers small events, and would not explain that this probe is held."""
    expected = predicted_results(case, result)
    return bool(expected) and expected <= DELIVERS and not could_be_held(case, result)


def bursts_fill_buffers(timeline: Timeline) -> bool:
    """True if events that come together came as full buffers, or all in one block at the end."""
    return arrivals.came_in_one_block(timeline) or arrivals.end_in_events(timeline)


def waits_whole(result: ProbeResult) -> bool:
    """True if whole events wait and come together, not as full buffers."""
    return result.outcome == "bursts" and not bursts_fill_buffers(result.timeline)


def passes_here(case: Case) -> bool | None:
    """Tell whether the proxied requests pass the Nginx whose config was read.

    True if it listens on the requested port, or if its logs hold our own requests. False if logs
    were read that do not hold them. None if nothing tells: a port may be mapped, or TLS may end in
    front of Nginx.
    """
    is_logged = any(line.ours and line.client for report in case.logs for line in report.lines)
    if is_logged or (case.resolution and case.resolution.listens):
        return True
    return False if any(report.read for report in case.logs) else None


def is_root_answered(case: Case) -> bool:
    """True if the root path got a response other than a gateway error."""
    return bool(case.root and case.root.status and case.root.status not in _GATEWAY_ERRORS)


def is_behind_plain_nginx(case: Case) -> bool:
    """True if the response of the root path names Nginx and no other proxy."""
    if case.root is None or case.root.headers_s is None:
        return False
    is_nginx = product.is_nginx(case.root.header("server"))
    return is_nginx and not any(map(case.root.header, ("via", *PROXY_HEADERS)))


def own_log_lines(case: Case, *tags: str) -> tuple[LogLine, ...]:
    """Log lines of our own requests with one of these tags."""
    return tuple(line for line in log_lines(case, *tags) if line.ours)


def backend_had_answered(case: Case) -> bool:
    """True if Nginx's log shows that the backend had answered 200 to a request that got nothing."""
    return any(line.had_answer for line in own_log_lines(case, *HELD_TAGS))


def log_lines(case: Case, *tags: str) -> tuple[LogLine, ...]:
    """Log lines of any request with one of these tags."""
    lines = (line for report in case.logs for line in report.lines)
    return tuple(line for line in lines if line.tag in tags)


def follow_ups(case: Case, purpose: str) -> tuple[FollowUpResult, ...]:
    """The follow-ups that were made for this purpose."""
    return tuple(follow_up for follow_up in case.follow_ups if follow_up.purpose == purpose)


def hop_confidence(failing: FirstFailingHop) -> Confidence:
    """Rate how sure it is that a proxy between two hops is the cause.

    Two proxies that were both probed are a measurement. What is outside of all of them has no name
    yet. Two direct URLs may lead to two backends.
    """
    sure: dict[str, Confidence] = {"hop": "confirmed", "outside": "likely"}
    return sure.get(failing.kind, "possible")


def hop_difference(failing: FirstFailingHop) -> str:
    """The measurement that separates a loss between two hops from all other causes."""
    where = failing.label if failing.kind == "outside" else tr("at {hop}", hop=failing.label)
    return tr(
        "The same request is served at {inner}, one place closer to the backend, and fails "
        "{where}.",
        inner=failing.inner_label,
        where=where,
    )

"""The backend compresses its stream and does not flush."""

from itertools import chain

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.facts.request_difference import (
    describe_distinction,
    difference_about,
    difference_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, own_lines, repeated_lines
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.request_difference import Difference
from wizard.model.resolution import RequestResolution
from wizard.text.display import safe
from wizard.text.messages import tr

NO_EVENT_OUTCOMES = frozenset({"held", "silent", "events-held"})
_DISTINGUISHES = tr(
    "Asked directly, the backend's stream is live without compression and has no event where the "
    "client accepts it. So Nginx's gzip is not the cause."
)

_FIX_WITHOUT = Fix(
    tr(
        'proxy_set_header Accept-Encoding "", which asks for no compression; or the backend '
        "exempts text/event-stream from its compression"
    ),
    "nginx",
)
_WHY_WITHOUT = tr(
    "asks the backend for no compression: with compression it did not serve the stream"
)
_FIX_OF_CONFIG = Fix(
    tr(
        "pass on the client's own Accept-Encoding; or the backend exempts text/event-stream "
        "from its compression"
    ),
    "nginx",
)
_WHY_OWN = tr(
    "passes on the client's own value, so the backend compresses only where the client asks for it"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Sent directly, a request is live without compression and gets no event with it.

    Held without it too, the stream is held by something else.
    """
    if difference := difference_about(case, is_about):
        evidence = difference_evidence(case, difference)
        distinguishes = describe_distinction(difference)
        fix = _FIX_WITHOUT if _is_gzip_held(case, difference) else _FIX_OF_CONFIG
        return rule.finding("confirmed", evidence, distinguishes, fix=fix)
    pairs = _pairs_with_plain(case)
    if not pairs or streams.held_probes(case):
        return None
    accepted = {result.timeline.probe.encoding for result, _ in pairs}
    held = [each for encoding in accepted for each in streams.held_probes(case, encoding)]
    probes = [*chain.from_iterable(pairs), *held[:1]]
    evidence = tuple(map(result_evidence, probes))
    for result, _ in pairs:
        encoding = result.timeline.header("content-encoding") or "identity"
        if encoding.lower() != "identity":
            text = tr(
                "the backend itself sends Content-Encoding: {encoding}", encoding=safe(encoding, 40)
            )
            compressed = Evidence("probe", result.timeline.probe.label, text)
            return rule.finding("confirmed", (*evidence, compressed), _DISTINGUISHES)
    proxied = [each for each in case.proxy if each.timeline.probe.encoding in accepted]
    # Without headers, it could also be a backend that serves one stream at a time.
    if not proxied or any(result.outcome in streams.REACHED for result in proxied):
        return None
    return rule.finding("likely", evidence, _DISTINGUISHES)


def is_about(case: Case, difference: Difference) -> bool:
    """True if Nginx asks for a compression that the client does not ask for."""
    return difference.is_header("accept-encoding") and difference.sent is not None


def _is_gzip_held(case: Case, difference: Difference) -> bool:
    """True if the backend fails clients that accept gzip as well, so that their own header is no
    better. Without a direct probe that accepts gzip, the value that Nginx sends shows
    it."""
    if streams.counted_probes(case.direct, "gzip"):
        return not streams.live_direct_probes(case, "gzip")
    return "gzip" in (difference.sent or "").lower()


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """Where Nginx asks for another compression: none, or what the client itself accepts."""
    difference = difference_about(case, is_about)
    if difference is None:
        return ()
    is_held = _is_gzip_held(case, difference)
    value, reason = ("", _WHY_WITHOUT) if is_held else ("$http_accept_encoding", _WHY_OWN)
    change = Change.from_args("proxy_set_header", ("Accept-Encoding", value), reason)
    if resolution is None or own_lines(resolution, "proxy_set_header"):
        return (change,)
    return (change, *repeated_lines(resolution, "proxy_set_header", {change.key}))


def _pairs_with_plain(case: Case) -> list[tuple[ProbeResult, ProbeResult]]:
    """Direct probes that accept a compression and got no event, each with its live plain twin of
    the same version."""
    plain = {result.timeline.probe.http: result for result in streams.live_direct_probes(case)}
    counted = (each for each in case.direct if each.timeline.probe.encoding != "identity")
    silent = (result for result in counted if result.outcome in NO_EVENT_OUTCOMES)
    twins = ((result, plain.get(result.timeline.probe.http)) for result in silent)
    return [(compressed, twin) for compressed, twin in twins if twin]


RULE = Rule(
    id="backend-compression",
    stage=Stage.BACKEND,
    fix=Fix(tr("the backend exempts text/event-stream from its compression"), "backend"),
    check=check,
    explains=frozenset({"outer-proxy-buffers"}),
    settings=NginxSettings(both=settings),
    is_about=is_about,
)

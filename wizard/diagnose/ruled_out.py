"""What the measurements rule out beside a cause that holds the stream."""

from collections.abc import Iterator

from wizard.diagnose.facts.streams import live_direct_probes
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Finding
from wizard.model.probe_result import HELD_OUTCOMES
from wizard.text.display import seconds
from wizard.text.messages import tr

QUICK_S = 1.0
"""Within how many seconds an answer to the root path shows that the way to the proxy is well."""


def ruled_out(case: Case, rule: Rule, finding: Finding) -> tuple[str, ...]:
    """What else could hold the stream and does not, each with the measurement that shows it.

    Only for a stream that is held in every probe, by what a proxy is told: else a probe that is
    live speaks for one of these.
    """
    made = [result for result in case.proxy if result.was_made]
    is_held = bool(made) and all(result.outcome in HELD_OUTCOMES for result in made)
    is_sure = finding.confidence != "possible" and finding.fix.where in ("nginx", "outer-proxy")
    return tuple(_ruled_out(case)) if is_held and is_sure and rule.stage == Stage.HOLD else ()


def _ruled_out(case: Case) -> Iterator[str]:
    if any(result.outcome == "live" for result in live_direct_probes(case)):
        yield tr("the backend (asked directly, it sends)")
    probes = {result.timeline.probe for result in case.proxy if result.was_made}
    if len({probe.encoding for probe in probes}) > 1:
        yield tr("compression (held without it too)")
    if len({probe.http for probe in probes}) > 1:
        yield tr("HTTP/2 (held over HTTP/1.1 too)")
    root = case.root
    if root and root.status == 200 and root.headers_s is not None and root.headers_s < QUICK_S:
        yield tr("the network (/ answers in {root})", root=seconds(root.headers_s))

"""Another proxy in front of this Nginx holds what this one passes on."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import (
    direct_evidence,
    log_evidence,
    result_evidence,
    setting_evidence,
)
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import HELD_OUTCOMES, Case, FirstFailingHop, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.text.display import safe

TRACES = ("via", "x-cache", "cf-ray", "x-amz-cf-id", "x-served-by", "x-envoy-upstream-service-time")
"""Response headers by which a proxy shows itself."""
_SURER = {
    "hop": "",
    "outside": "Which proxy that is was not asked: name it with --hop to be sure.",
    "direct": "Both places may also have reached different backends.",
}
_DISTINGUISHES = (
    "The config of this Nginx lets the stream through and the backend sends, so what holds it "
    "stands in front of this Nginx. Name each hop with --hop NAME=URL: that shows which one holds."
)
_RUNNING = "If this config is not the one that runs (no reload yet), that explains it too."


def check(rule: Rule, case: Case) -> Finding | None:
    """Held, where the config of this Nginx says live and the direct probe is live; or, where hops
    were asked, held at one and live at the next."""
    if case.first_failing_hop is not None:
        return _between(rule, case, case.first_failing_hop)
    held = [result for result in streams.held_probes(case) if result.outcome != "late"]
    stuck = [result for result in held if streams.predicted_results(case, result) == {"live"}]
    if case.resolution is None or not stuck or not streams.live_direct_probes(case):
        return None
    passed, other = _of_results(case, stuck, "live-200"), _another(case)
    if not passed and _of_results(case, stuck, "held-499"):
        return None  # this Nginx says itself that it passed nothing on
    buffering = f"{case.resolution.prefix}_buffering"
    evidence = (
        *(result_evidence(result) for result in stuck),
        direct_evidence(streams.live_direct_probes(case)[0]),
        setting_evidence(case.resolution, buffering),
        *(log_evidence(line) for line in passed[:1]),
        *other,
    )
    sure: Confidence = "likely" if passed or other else "possible"
    return rule.finding(
        sure, evidence, _DISTINGUISHES if passed else f"{_DISTINGUISHES} {_RUNNING}"
    )


def _between(rule: Rule, case: Case, failing: FirstFailingHop) -> Finding | None:
    """The stream was followed from hop to hop: the one that holds it is known by measurement."""
    inmost = failing.kind == "hop" and failing.inner_kind == "direct"
    if failing.result.outcome not in HELD_OUTCOMES or inmost or case.resolution is not None:
        return None  # the proxy whose config was read, or the last one: not in front of another
    evidence = (
        result_evidence(failing.result),
        direct_evidence(failing.inner_result),
        *_another(case),
    )
    return rule.finding(
        streams.hop_confidence(failing),
        evidence,
        f"{streams.hop_difference(failing)} {_SURER[failing.kind]}".strip(),
        explains=frozenset({"proxy-buffering-hold", "gzip-plus-buffering"}),
    )


def _of_results(case: Case, stuck: list[ProbeResult], tag: str) -> tuple[LogLine, ...]:
    """This Nginx's own lines about the probes that were held."""
    labels = {result.timeline.probe.label for result in stuck}
    return tuple(line for line in streams.own_log_lines(case, tag) if line.client in labels)


def _another(case: Case) -> tuple[Evidence, ...]:
    """A header of / by which another proxy shows itself."""
    if case.root is None:
        return ()
    found = [(name, value) for name in TRACES if (value := case.root.header(name))]
    server = case.root.header("server") or ""
    if server and not server.lower().startswith(("nginx", "openresty")):
        found.append(("server", server))
    shown = [f"{name}: {safe(value, 80)}" for name, value in found[:1]]
    return tuple(Evidence("probe", "root-proxy", f"/ answers with {one}") for one in shown)


RULE = Rule(
    id="outer-proxy-buffers",
    stage=Stage.HOLD,
    fix=Fix(
        "buffering off at the outer proxy, or `proxy_pass_header X-Accel-Buffering` at this one",
        "outer-proxy",
    ),
    check=check,
)

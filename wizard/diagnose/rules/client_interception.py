"""A proxy or antivirus on the client's side inspects the traffic and holds the stream."""

import re

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.text.display import safe
from wizard.text.messages import tr

_PRODUCT = re.compile(
    r"(?i)zscaler|blue ?coat|proxysg|mcafee web gateway|skyhigh|kaspersky|netskope|forcepoint|"
    r"websense|fortigate|sophos|cisco-wsa|ironport"
)
"""Names of inspecting proxies and antivirus products in Via and Server."""
_DISTINGUISHES = tr(
    "A security product that inspects traffic names itself in the answers that this machine "
    "gets. Whether other machines are affected cannot be seen from here: repeat from another "
    "network."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Held, not by this config, and an inspecting product names itself in a response."""
    products = _product_evidence(case)
    held = (*streams.held_probes(case), *streams.held_probes(case, "gzip"))
    unexplained = [result for result in held if not streams.could_be_held(case, result)]
    if not products or not unexplained:
        return None
    evidence = (products[0], *map(result_evidence, unexplained[:2]))
    confidence: Confidence = "likely" if case.resolution is not None else "possible"
    return rule.finding(confidence, evidence, _DISTINGUISHES)


def _product_evidence(case: Case) -> tuple[Evidence, ...]:
    timelines = [*([case.root] if case.root else []), *(result.timeline for result in case.proxy)]
    return tuple(
        Evidence(
            "probe",
            timeline.probe.label,
            tr("the answer says {name}: {value}", name=name, value=safe(value, 80)),
        )
        for timeline in timelines
        for name in ("via", "server", "x-bluecoat-via")
        if (value := timeline.header(name)) and _PRODUCT.search(value)
    )


RULE = Rule(
    id="client-interception",
    stage=Stage.REACH,
    fix=Fix(tr("exclude this host from the traffic inspection on the client's side"), "client"),
    explains=frozenset({"outer-proxy-buffers"}),
    check=check,
)

"""Something between this machine and the server reads the traffic and holds it."""

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.text.display import safe

PRODUCTS = (
    "zscaler",
    "bluecoat",
    "blue coat",
    "proxysg",
    "mcafee web gateway",
    "skyhigh",
    "kaspersky",
    "netskope",
    "forcepoint",
    "websense",
    "fortigate",
    "sophos",
    "cisco-wsa",
    "ironport",
)
"""What inspecting proxies and antivirus products call themselves in Via and Server."""
_DISTINGUISHES = (
    "An inspecting product names itself in the answers that this machine gets. It cannot be told "
    "from one machine whether others are hit: repeat from another network."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """Held, not by this config, and an inspecting product names itself in an answer."""
    named = _named(case)
    stuck = [
        result
        for result in (*streams.held_probes(case), *streams.held_probes(case, "gzip"))
        if not streams.could_be_held(case, result)
    ]
    if not named or not stuck:
        return None
    evidence = (named[0], *(result_evidence(result) for result in stuck[:2]))
    sure: Confidence = "likely" if case.resolution is not None else "possible"
    return rule.finding(sure, evidence, _DISTINGUISHES)


def _named(case: Case) -> tuple[Evidence, ...]:
    lines = [*([case.root] if case.root else []), *(result.timeline for result in case.proxy)]
    return tuple(
        Evidence("probe", line.probe.label, f"the answer says {name}: {safe(value, 80)}")
        for line in lines
        for name in ("via", "server", "x-bluecoat-via")
        if (value := line.header(name)) and any(one in value.lower() for one in PRODUCTS)
    )


RULE = Rule(
    id="client-interception",
    stage=Stage.REACH,
    fix=Fix("exempt the host from inspection on the client's side", "client"),
    explains=frozenset({"outer-proxy-buffers"}),
    check=check,
)

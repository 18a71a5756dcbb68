"""Something between this machine and the server reads the traffic and holds it."""

from dataclasses import replace

from wizard.diagnose.rules import facts
from wizard.diagnose.rules.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.text.text import safe

PRODUCTS = (
    "zscaler", "bluecoat", "blue coat", "proxysg", "mcafee web gateway", "skyhigh", "kaspersky",
    "netskope", "forcepoint", "websense", "fortigate", "sophos", "cisco-wsa", "ironport",
)  # fmt: skip
"""What inspecting proxies and antivirus products call themselves in Via and Server."""


def check(rule: Rule, case: Case) -> Finding | None:
    """Held, not by this config, and an inspecting product names itself in an answer."""
    named = _named(case)
    stuck = [
        result
        for result in (*facts.held(case), *facts.held(case, "gzip"))
        if not facts.could_hold(case, result)
    ]
    if not named or not stuck:
        return None
    evidence = (named[0], *(facts.result_evidence(result) for result in stuck[:2]))
    sure: Confidence = "likely" if case.resolution is not None else "possible"
    return rule.found(sure, evidence, _DISTINGUISHES, explains=frozenset({"outer-proxy-buffers"}))


def _named(case: Case) -> tuple[Evidence, ...]:
    lines = [*([case.root] if case.root else []), *(result.timeline for result in case.proxy)]
    return tuple(
        Evidence("probe", line.probe.label, f"the answer says {name}: {safe(value, 80)}")
        for line in lines
        for name in ("via", "server", "x-bluecoat-via")
        if (value := line.header(name)) and any(one in value.lower() for one in PRODUCTS)
    )


_DISTINGUISHES = (
    "An inspecting product names itself in the answers that this machine gets. It cannot be told "
    "from one machine whether others are hit: repeat from another network."
)

RULE = Rule(
    id="client-interception",
    stage=Stage.REACH,
    title="An inspecting proxy or antivirus holds the stream",
    what="An antivirus product or an inspecting company proxy ends the TLS on the client's side, "
    "scans each answer as a whole, and so waits for an end that a stream does not have.",
    hurts="It hangs on one machine or in one office and nowhere else; nothing on the server's side "
    "shows it.",
    shows="The same URL works from another network. The certificate's issuer is not the site's "
    "own, or a Via header names the product. Most of them name themselves nowhere: then only the "
    "other network tells.",
    mend="Exempt the host from inspection.",
    wrong="Any change of Nginx or of the backend.",
    references=(
        "https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes",
        "https://www.rfc-editor.org/rfc/rfc9110.html#field.via",
    ),
    fix=Fix("exempt the host from inspection on the client's side", "client"),
    check=check,
)


def fires() -> Case:
    """Held though this Nginx lets it through, and / comes by way of an inspecting proxy."""
    case = silent()
    assert case.root is not None
    headers = (*case.root.headers, ("via", "1.1 gate (McAfee Web Gateway 12.2)"))
    return replace(case, root=replace(case.root, headers=headers))


def silent() -> Case:
    """Held though this Nginx lets it through, and nobody names himself."""
    from wizard.diagnose.rules import samples

    return samples.case(
        proxy="held",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
    )

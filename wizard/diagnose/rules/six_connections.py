"""Over HTTP/1.1 a browser opens six connections to one host, and each stream keeps one."""

from wizard.diagnose.facts.evidence import result_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.text.display import comma_list
from wizard.text.messages import tr


def check(rule: Rule, case: Case) -> Finding | None:
    """HTTP/2 was requested over TLS, and the server did not choose it."""
    http2 = [result for result in case.proxy if result.timeline.probe.http == "2"]
    if not http2 or any(result.outcome != "not-offered" for result in http2):
        return None
    evidence = [result_evidence(http2[0])]
    if case.resolution is not None and case.resolution.server is not None:
        listen = comma_list(case.resolution.server.listen)
        where = str(case.resolution.server.directive.where)
        evidence.append(Evidence("config", where, tr("listen {listen}: no HTTP/2", listen=listen)))
    distinguishes = tr(
        "A single stream works. A browser with six tabs on this host hangs: the seventh waits "
        "for a free connection. Other clients have no such limit."
    )
    return rule.finding("likely", tuple(evidence), distinguishes, latent=True)


RULE = Rule(
    id="six-connections",
    stage=Stage.REACH,
    fix=Fix(tr("switch HTTP/2 on at the listener"), "nginx"),
    check=check,
    seen_here=False,
)

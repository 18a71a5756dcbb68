"""Apply one rule to a case."""

from wizard.diagnose.hops import narrow_to_hop
from wizard.diagnose.rules import rule_named
from wizard.model.case import Case
from wizard.model.diagnosis import Finding


def finding_of(id: str, case: Case) -> Finding | None:
    """The finding of the rule with this id, on the case as `diagnose` reduces it."""
    rule = rule_named(id)
    assert rule is not None
    return rule.check(rule, narrow_to_hop(case))


def confidence_of(id: str, case: Case) -> str | None:
    """The confidence of that finding; None without one."""
    finding = finding_of(id, case)
    return finding.confidence if finding else None

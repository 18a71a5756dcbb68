"""Apply one rule to a case."""

from wizard.diagnose.rules import rule_named
from wizard.model.case import Case
from wizard.model.diagnosis import Finding


def finding_of(id: str, case: Case) -> Finding | None:
    """The finding of the rule with this id."""
    rule = rule_named(id)
    assert rule is not None
    return rule.check(rule, case)


def confidence_of(id: str, case: Case) -> str | None:
    """The confidence of that finding; None without one."""
    finding = finding_of(id, case)
    return finding.confidence if finding else None

"""What holds for every rule: its two samples, its text, its files."""

from pathlib import Path
from random import Random
from typing import Literal

import pytest

import tests.rules.samples
import wizard.diagnose.diagnose
from tests.nginx_real.reduced_cases import reduced_cases
from tests.rules.new_rule import ROOT, TODO, skeleton
from tests.rules.samples import sample
from tests.rules.truth import untrue_texts
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.hops import narrow_to_hop
from wizard.diagnose.rules import Rule, all_rules
from wizard.model.case import Case

IDS = [rule.id for rule in all_rules()]


@pytest.fixture(params=all_rules(), ids=IDS)
def rule(request: pytest.FixtureRequest) -> Rule:
    rule: Rule = request.param
    return rule


def test_each_file_is_one_rule() -> None:
    folder = Path(wizard.diagnose.rules.__path__[0])
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {name.replace("_", "-") for name in modules} == set(IDS), (
        "a rule's id is its file's name"
    )
    texts = {path.stem for path in folder.glob("*.md")}
    assert texts == modules, "each rule needs NAME.py and NAME.md: add or delete one of them"
    samples = {path.stem for path in Path(tests.rules.samples.__path__[0]).glob("*.py")}
    samples -= {"__init__", "build"}
    assert samples == modules, "each rule needs tests/rules/samples/NAME.py: add or delete it"


def unfinished_files(id: str) -> list[str]:
    """The files of a rule that still have a TODO."""
    texts = {path: (ROOT / path).read_text("utf-8") for path in skeleton(id)}
    return [str(path) for path, text in texts.items() if TODO in text]


def sample_of(rule: Rule, name: Literal["fires", "silent"]) -> Case:
    """A sample, reduced to the failing hop as `diagnose` reduces it; skips a skeleton."""
    if unfinished_files(rule.id):
        pytest.skip("test_is_filled_in says what is missing")
    return narrow_to_hop(sample(rule.id, name))


def test_is_filled_in(rule: Rule) -> None:
    if unfinished := unfinished_files(rule.id):
        pytest.fail(f"replace each TODO in {', '.join(unfinished)}", pytrace=False)


def test_fires_on_its_own_sample(rule: Rule) -> None:
    finding = rule.check(rule, sample_of(rule, "fires"))
    assert finding is not None, "check() returns None for the sample fires()"
    assert finding.latent != rule.seen_here, "a rule with seen_here=False finds risks (latent) only"
    assert finding.confidence in ("confirmed", "likely"), (
        "fires() must show more than a possibility"
    )
    assert finding.evidence, "a finding without evidence"
    assert finding.distinguishes, "say what separates it from its look-alikes"


def test_is_silent_on_its_look_alike(rule: Rule) -> None:
    finding = rule.check(rule, sample_of(rule, "silent"))
    assert finding is None or finding.latent, "check() fires on the look-alike silent()"


def test_is_the_primary_cause_of_its_sample_or_only_a_risk(rule: Rule) -> None:
    diagnosis = diagnose(sample_of(rule, "fires"))
    if rule.seen_here:
        causes = [(cause.id, cause.confidence) for cause in diagnosis.causes]
        assert diagnosis.verdict == "fault", causes
        assert diagnosis.causes[0].id == rule.id, f"diagnose() puts another cause first: {causes}"
    else:
        assert rule.id in {risk.id for risk in diagnosis.risks}
        assert rule.id not in {cause.id for cause in diagnosis.causes}


def test_is_never_the_cause_of_its_look_alike(rule: Rule) -> None:
    assert rule.id not in {cause.id for cause in diagnose(sample_of(rule, "silent")).causes}


def test_says_only_what_the_evidence_has(rule: Rule) -> None:
    for name in ("fires", "silent"):
        for missing, case in reduced_cases(sample_of(rule, name)):
            assert not list(untrue_texts(case, missing)), f"{name}, without {missing}"


def test_has_a_text_with_every_heading(rule: Rule) -> None:
    """The reader raises for a file that lacks one; see tests/diagnose/test_rule_text.py."""
    assert rule.title
    assert rule.text.references


def test_the_order_of_the_rules_does_not_matter(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = sample_of(rule, "fires")
    expected = diagnose(case)
    shuffled = list(all_rules())
    for seed in range(5):
        Random(seed).shuffle(shuffled)
        monkeypatch.setattr(wizard.diagnose.diagnose, "all_rules", lambda: tuple(shuffled))
        assert diagnose(case) == expected


def test_explains_only_rules_that_exist(rule: Rule) -> None:
    assert rule.explains <= set(IDS) - {rule.id}


def test_imports_no_other_rule(rule: Rule) -> None:
    source = Path(wizard.diagnose.rules.__path__[0], f"{rule.id.replace('-', '_')}.py")
    assert "from wizard.diagnose.rules" not in source.read_text("utf-8")


def test_the_order_of_config_findings_is_decided() -> None:
    orders = [(rule.config_order, rule.id) for rule in all_rules() if rule.check_config]
    alike = {id for order, id in orders if [other for other, _ in orders].count(order) > 1}
    assert alike == {"message-path-unrouted", "endpoint-prefix-lost"}  # only one of them reports

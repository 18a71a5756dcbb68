"""With a config that decides nothing, no finding asks for one."""

import ast
import pkgutil
from collections.abc import Iterator

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.diagnose.undecided_config import reword
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix

_UNDECIDED = """
map $cookie_to $to { default app; }
server {
    listen 8081;
    location / { try_files /none @$to; }
    location @app { proxy_pass http://127.0.0.1:12213; }
}
"""
_CASE = make_case(proxy="held", direct="live", conf=_UNDECIDED)


def _strings(tree: ast.AST) -> Iterator[str]:
    """Every string of this code that names `--conf`; of an f-string, each part between values."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "--conf" in node.value
        ):
            yield node.value


def _source(rule_id: str) -> ast.Module:
    name = f"{rule_id.replace('-', '_')}.py"
    return ast.parse(pkgutil.get_data("wizard.diagnose.rules", name) or b"")


_TEXTS = [text for rule in all_rules() for text in _strings(_source(rule.id))]


def _reworded(text: str, case: Case) -> str:
    finding = Finding("xab-ignored", "", "possible", (), Fix("", "nginx"), text)
    return reword(finding, case).distinguishes


def test_the_config_is_undecided() -> None:
    assert _CASE.resolution is not None
    assert _CASE.resolution.is_undecided


@pytest.mark.parametrize("text", _TEXTS)
def test_every_advice_to_give_a_config_is_reworded(text: str) -> None:
    reworded = _reworded(text, _CASE)
    assert "--conf" not in reworded
    assert reworded.count("the given config does not decide it.") == text.count("--conf")


def test_no_fix_asks_for_a_config() -> None:
    for rule in all_rules():
        calls = (node for node in ast.walk(_source(rule.id)) if isinstance(node, ast.Call))
        fixes = (
            call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Fix"
        )
        assert not any(list(_strings(fix)) for fix in fixes), rule.id


def test_an_ignored_header_is_a_whole_sentence_with_such_a_config() -> None:
    headers = {"x-accel-buffering": "no"}
    case = make_case(proxy="held", direct="live", direct_headers=headers, conf=_UNDECIDED)
    [found] = [each for each in diagnose(case).causes if each.id == "xab-ignored"]
    assert found.distinguishes.endswith(
        "Name each proxy with --hop. Whether this Nginx ignores it is not known: the given config "
        "does not decide it."
    )

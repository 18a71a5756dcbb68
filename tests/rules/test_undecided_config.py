"""With a config that decides nothing, no finding asks for one."""

import ast
import pkgutil
from collections.abc import Iterator

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules

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
    """Every string of this code that asks for a config or a direct URL without a place for it."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and any(option in node.value for option in ("--conf", "add --direct", "--direct shows"))
        ):
            yield node.value


def _source(rule_id: str) -> ast.Module:
    name = f"{rule_id.replace('-', '_')}.py"
    return ast.parse(pkgutil.get_data("wizard.diagnose.rules", name) or b"")


def test_the_config_is_undecided() -> None:
    assert _CASE.resolution is not None
    assert _CASE.resolution.is_undecided


def test_what_is_missing_has_a_place_in_each_text() -> None:
    """So that a config that was given is not asked for, in any language."""
    assert {rule.id: list(_strings(_source(rule.id))) for rule in all_rules()} == {
        rule.id: [] for rule in all_rules()
    }


def test_an_ignored_header_is_a_whole_sentence_with_such_a_config() -> None:
    headers = {"x-accel-buffering": "no"}
    case = make_case(proxy="held", direct="live", direct_headers=headers, conf=_UNDECIDED)
    [found] = [each for each in diagnose(case).causes if each.id == "xab-ignored"]
    assert found.distinguishes.endswith(
        "name each proxy with --hop. Whether this Nginx ignores it is not known: the given config "
        "does not decide it."
    )

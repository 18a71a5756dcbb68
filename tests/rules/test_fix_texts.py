"""The fix of a finding names directives of the module that serves the path."""

import re
from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_post_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import all_rules
from wizard.model.case import Case
from wizard.model.resolution import Upstream

_SHARED = re.compile(r"\bproxy_(buffering|buffers|cache|\w+_timeout|ignore_headers|pass\b)")
"""Directives of ngx_http_proxy_module that the other modules have with a prefix of their own."""
_OF_PROXY_ALONE = frozenset(
    {"new-default-regression", "query-dropped", "tls-upstream-mismatch", "wrong-backend-path"}
)
"""Failure modes of `proxy_pass` alone."""
_MODULES = ("proxy", "fastcgi", "uwsgi", "scgi", "grpc")


def _fixes(case: Case) -> dict[str, str]:
    diagnosis = diagnose(case)
    return {each.id: each.fix.summary for each in (*diagnosis.causes, *diagnosis.risks)}


def test_no_fix_names_the_proxy_module_where_others_have_the_same_directive() -> None:
    named = {rule.id for rule in all_rules() if _SHARED.search(rule.fix.summary)}
    assert named <= _OF_PROXY_ALONE


@pytest.mark.parametrize("module", _MODULES[:-1])
def test_a_held_stream_s_fix_names_the_module_s_buffering(module: str) -> None:
    conf = f"server {{ listen 8081; location / {{ {module}_pass 127.0.0.1:12213; }} }}"
    if module == "proxy":
        conf = conf.replace("127", "http://127")
    fixes = _fixes(make_case(proxy="held", direct="live", conf=conf))
    assert fixes["proxy-buffering-hold"].startswith(f"{module}_buffering off")


@pytest.mark.parametrize("module", _MODULES)
def test_a_cut_stream_s_fix_names_the_module_s_timeout(module: str) -> None:
    settings = {f"{module}_read_timeout": "1s", f"{module}_buffering": "off"}
    case = make_case(proxy="cut", direct="live", settings=settings)
    assert case.resolution
    upstream = Upstream(module, "127.0.0.1:12213", peers=("127.0.0.1:12213",))
    fixes = _fixes(replace(case, resolution=replace(case.resolution, upstream=upstream)))
    assert fixes["idle-read-timeout"].startswith(f"set a longer {module}_read_timeout")


def test_a_slow_message_s_fix_names_the_module_that_serves_its_own_path() -> None:
    conf = """
server {
    listen 8081;
    location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; }
    location /message { uwsgi_pass 127.0.0.1:12213; uwsgi_read_timeout 2s; }
}
"""
    fixes = _fixes(make_post_case(conf, 504, took=2.003, direct_took=3.0))
    assert fixes["header-timeout-504"].startswith("a longer uwsgi_read_timeout")


def test_without_a_config_the_fix_names_the_proxy_module() -> None:
    fixes = _fixes(replace(make_case(proxy="held", direct="live"), resolution=None))
    assert fixes["proxy-buffering-hold"].startswith("proxy_buffering off")

"""A name in a variable of proxy_pass, and no resolver to look it up."""

from collections.abc import Iterator

from wizard.diagnose.facts import addresses, logs, streams
from wizard.diagnose.facts.directives import place_of
from wizard.diagnose.facts.evidence import log_evidence, result_evidence
from wizard.diagnose.name_settings import find_without_variable, notes_on_start
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings
from wizard.model.case import Case
from wizard.model.config import Directive
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.nginx.settings import enclosing_blocks
from wizard.nginx.upstream import passed_address, upstream_block_of
from wizard.text.display import safe
from wizard.text.messages import tr

_NAMED = tr(
    "Nginx itself says why: it has no resolver, so it did not even try to reach the backend."
)
_READ = tr(
    "The backend's name is in a variable, so Nginx looks it up for each request, and no "
    'resolver is set. Its error log would confirm it: "no resolver defined to resolve".'
)


def check(rule: Rule, case: Case) -> Finding | None:
    """502, and the error log or the config shows that a resolver is missing."""
    failed = [result for result in case.proxy if result.timeline.status == 502]
    if not failed:
        return None
    own = streams.own_log_lines(case, "resolver-missing")
    others = () if own else logs.failures_of_others(case, "resolver-missing")
    config = _config_evidence(case.resolution)
    if not (own or others or config):
        return None
    evidence = (
        result_evidence(failed[0]),
        *map(log_evidence, own[:1]),
        *(failure.evidence for failure in others[:1]),
        *config,
    )
    confidence: Confidence = "confirmed" if own else "likely"
    return rule.finding(confidence, evidence, _NAMED if own or others else _READ)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """A name in a variable, and no resolver."""
    return tuple(
        rule.config_finding(evidence.where, evidence.text)
        for evidence in _config_evidence(resolution)
    )


def _config_evidence(resolution: RequestResolution | None) -> tuple[Evidence, ...]:
    """Where the config passes a name in a variable on and sets no resolver; empty if it may not."""
    if resolution is None or not _is_looked_up(resolution) or resolution.upstream is None:
        return ()
    if any(next(block.children("resolver"), None) for block in enclosing_blocks(resolution)):
        return ()
    upstream = resolution.upstream
    where = str(upstream.where or place_of(resolution, "resolver"))
    passed = tr("{kind}_pass {passed}", kind=upstream.kind, passed=safe(upstream.passed, 120))
    return (
        Evidence(
            "config",
            where,
            tr("{passed}: a name in a variable, and no resolver is set", passed=passed),
        ),
    )


def _is_looked_up(resolution: RequestResolution) -> bool:
    """True if the address surely is a name in a variable that no upstream block has.

    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
    """
    upstream = resolution.upstream
    if upstream is None or "$" not in upstream.passed or not upstream.address:
        return False
    host = upstream.address.rpartition(":")[0] or upstream.address
    if "$" in host or upstream.address.startswith("unix:") or addresses.is_ip_address(host):
        return False
    return upstream_block_of(resolution) is None and not _is_named_plainly(resolution)


def _is_named_plainly(resolution: RequestResolution) -> bool:
    """True if another pass directive names the address without variables: Nginx then knows it."""
    address = resolution.upstream.address.lower() if resolution.upstream else ""
    passed = _passed(resolution.config.root)
    return any("$" not in each and passed_address(each).lower() == address for each in passed)


def _passed(block: tuple[Directive, ...]) -> Iterator[str]:
    """The arguments of the pass directives in this block and the blocks in it."""
    for directive in block:
        if directive.name.endswith("_pass") and directive.args:
            yield directive.args[0]
        yield from _passed(directive.block or ())


RULE = Rule(
    id="resolver-missing",
    stage=Stage.REACH,
    fix=Fix(
        tr(
            "a resolver with the address of a DNS server in the http or server block, or the "
            "backend's name in an upstream block instead of a variable"
        ),
        "nginx",
    ),
    explains=frozenset({"upstream-unreachable", "tls-upstream-mismatch"}),
    check=check,
    check_config=check_config,
    config_order=5,
    settings=NginxSettings(both=find_without_variable, notes=notes_on_start),
)

"""A reload of Nginx cuts the streams that the old workers still serve."""

from wizard.diagnose.facts import directives, disconnects, streams
from wizard.diagnose.facts.evidence import log_evidence, result_evidence
from wizard.diagnose.rule import ConfigFinding, Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.probe_result import ProbeResult
from wizard.model.resolution import RequestResolution, Setting
from wizard.text.display import safe
from wizard.text.messages import tr

_DISTINGUISHES = tr(
    "Nginx was reloaded while the stream was watched, and logged no timeout of the stream itself."
)


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut while Nginx logged a reload; else a risk of the next reload."""
    cut, limit = disconnects.cut_probes(case), directives.shutdown_timeout(case.resolution)
    if cut and disconnects.reload_lines(case) and not streams.own_log_lines(case, "read-timeout"):
        return _observed(rule, case, cut[0], limit)
    if limit is None or not directives.is_proxied(case.resolution):
        return None
    distinguishes = tr("Predicted from the config, not seen: it happens at the next reload.")
    return rule.finding("likely", (_limit_evidence(limit),), distinguishes, latent=True)


def _observed(rule: Rule, case: Case, result: ProbeResult, limit: Setting | None) -> Finding | None:
    if case.resolution is not None and limit is None:
        return None  # without a limit old workers keep their streams: no reload cut this one
    evidence = (
        result_evidence(result),
        disconnects.cut_evidence(case, result),
        *map(log_evidence, disconnects.reload_lines(case)[:1]),
        *([_limit_evidence(limit)] if limit else []),
    )
    is_sure = limit is not None and disconnects.is_outlived(case, result)
    return rule.finding("confirmed" if is_sure else "likely", evidence, _DISTINGUISHES)


def _limit_evidence(limit: Setting) -> Evidence:
    text = tr(
        "{name} {limit}: every old stream is cut that long after a reload",
        name=limit.name,
        limit=safe(limit.value, 20),
    )
    return Evidence("config", limit.origin, text, limit.name)


def check_config(rule: Rule, resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """Old workers are ended some time after a reload."""
    limit = directives.shutdown_timeout(resolution)
    if limit is None:
        return ()
    text = tr(
        "{name} {limit}: open streams are cut that long after a reload",
        name=limit.name,
        limit=safe(limit.value, 20),
    )
    return (rule.config_finding(limit.origin, text, limit.name),)


RULE = Rule(
    id="reload-cut",
    stage=Stage.CUT,
    fix=Fix(
        tr("set a longer worker_shutdown_timeout, or none, and let clients reconnect"), "nginx"
    ),
    check=check,
    check_config=check_config,
    config_order=60,
)

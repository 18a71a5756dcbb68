"""The body of a message exceeds Nginx's limit."""

import re

from wizard.diagnose.facts import logs, posts
from wizard.diagnose.facts.evidence import setting_evidences
from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rule_settings import NginxSettings, in_force
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.resolution import RequestResolution
from wizard.nginx.settings import size_bytes
from wizard.text.messages import tr

LIMIT = "client_max_body_size"
_DISTINGUISHES = tr("The body is larger than the limit in force where the message is posted.")
_UNREAD = tr("Without the config it is not known whose limit this is: {add_conf}.")
_OTHERS = tr(
    "The logs show this for other clients' messages. Ours are smaller than the limit in force."
)
_BODY = re.compile(r"too large body: (\d{1,18}) bytes")
"""The size that Nginx's error log names."""
_MIN_BODY_BYTES = 10 * 1024 * 1024
_WHY_BODY = tr(
    "the largest message that may be posted here: {}. Choose what the largest tool call "
    "needs; 0 would lift the limit"
)


def check(rule: Rule, case: Case) -> Finding | None:
    """413 to the POST, which the backend itself accepts."""
    failed = posts.failed_post(case)
    if failed is None or failed.status != 413:
        return _of_others(rule, case)
    size = Evidence(
        "probe", failed.answer.probe.label, tr("the message has {sent} bytes", sent=failed.sent)
    )
    config = setting_evidences(case.message_resolution, LIMIT)
    evidence = (*failed.evidence, size, *config)
    distinguishes = _DISTINGUISHES if config else _UNREAD
    confidence = _confidence(case.message_resolution, failed)
    return rule.finding(confidence, evidence, distinguishes) if confidence else None


def _confidence(
    resolution: RequestResolution | None, failed: posts.FailedPost
) -> Confidence | None:
    if resolution is None:
        return "likely" if failed.accepted and failed.by_nginx else "possible"
    limit = size_bytes(resolution.value(LIMIT))
    # 0 switches the limit off. If the body is below it, something else refuses the POST.
    if not limit or failed.sent <= limit:
        return None
    return "confirmed" if failed.accepted or failed.by_nginx else "likely"


def _of_others(rule: Rule, case: Case) -> Finding | None:
    """The refusals of other clients' messages, which may be larger than ours."""
    failures = logs.failures_of_others(case, "body-too-large")
    posted = [each for each in failures if each.failure.method != "GET"]
    if not posted:
        return None
    # An entry without an upstream is a refusal of Nginx itself, as each line of its error log is.
    named = [each for each in posted if each.failure.sign == "own-answer"]
    named = [each for each in posted if each.failure.kind == "error"] or named
    first = (named or posted)[0]
    limit = size_bytes(first.resolution.value(LIMIT)) if first.resolution else None
    sizes = [int(match[1]) for each in named if (match := _BODY.search(each.failure.text))]
    # Without a limit in force, or with one that their bodies would not exceed, it was another one.
    if limit == 0 or (limit and sizes and max(sizes) <= limit):
        return None
    evidence = (first.evidence, *setting_evidences(first.resolution, LIMIT))
    confidence: Confidence = "likely" if named and (sizes or not first.is_outdated) else "possible"
    return rule.finding(confidence, evidence, _OTHERS)


def settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    """A larger limit: 10 MiB, or four times one that is larger already."""
    written = (resolution.value(LIMIT) if resolution else "") or "1m"
    now = size_bytes(written) or 0
    size = _MIN_BODY_BYTES if now < _MIN_BODY_BYTES else now * 4
    reason = _WHY_BODY.format(in_force(written, resolution))
    return (Change(LIMIT, f"{-(-size // 2**20)}m", reason),)


RULE = Rule(
    id="body-too-large",
    stage=Stage.MESSAGE,
    fix=Fix(tr("a larger client_max_body_size in the location that takes the messages"), "nginx"),
    check=check,
    settings=NginxSettings(messages=settings),
)

"""The proxy takes a prefix off the path, and the endpoint event does not know of it."""

from wizard.diagnose.rule import Rule, Stage
from wizard.diagnose.rules import post_facts
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.text.display import safe


def check(rule: Rule, case: Case) -> Finding | None:
    """The POST to the endpoint as it was named fails; the named path lacks the prefix."""
    prefix, path = post_facts.prefix(case), post_facts.message_path(case)
    if not prefix or not path or path.startswith(f"{prefix}/") or post_facts.arrives(case):
        return None
    failed = post_facts.failed(case)
    if failed is None:
        return _latent(rule, case, prefix)
    confidence = _confidence(case, failed)
    if confidence is None:
        return None
    distinguishes = _distinguishes(prefix, path) + ("" if case.resolution else _UNREAD)
    return rule.finding(confidence, (*failed.evidence, *_evidence(case)), distinguishes)


def _confidence(case: Case, failed: post_facts.Failed) -> Confidence | None:
    if failed.status in post_facts.NOT_OF_THE_PATH:
        return None
    told = failed.status in post_facts.NOT_THERE
    if post_facts.arrives(case) is None:
        # The config, if any, does not decide it; the two URLs do, as far as they go.
        return "likely" if told and failed.taken and case.resolution is None else None
    return "confirmed" if told and failed.taken else "likely"


def _latent(rule: Rule, case: Case, prefix: str) -> Finding | None:
    if not post_facts.untried(case) or post_facts.arrives(case) is not False:
        return None
    sentence = _distinguishes(prefix, post_facts.message_path(case))
    distinguishes = f"{sentence} Read from the config: no POST was made."
    return rule.finding("likely", _evidence(case), distinguishes, latent=True)


def _evidence(case: Case) -> tuple[Evidence, ...]:
    named = post_facts.of_side(case, "proxy") or post_facts.of_side(case, "direct")
    return (*((named,) if named else ()), *post_facts.ways(case))


def _distinguishes(prefix: str, path: str) -> str:
    right = f"{safe(prefix, 80)}{safe(path, 120)}"
    return (
        f"Clients join the endpoint with the URL's origin and post to {safe(path, 120)}; from "
        f"outside it would be {right}. The backend itself takes the message under the path that "
        "it names."
    )


_UNREAD = " Without the config this rests on the two URLs: give --conf."

RULE = Rule(
    id="endpoint-prefix-lost",
    stage=Stage.MESSAGE,
    fix=Fix(
        "the backend learns the prefix (its root path), or Nginx keeps it, or the endpoint's path "
        "gets a location of its own",
        "nginx",
    ),
    check=check,
)

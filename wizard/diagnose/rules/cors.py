"""A browser refuses what the server says about other origins."""

from urllib.parse import urlsplit

from wizard.diagnose.facts import streams
from wizard.diagnose.facts.evidence import setting_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Evidence, Finding, Fix
from wizard.model.timeline import Timeline
from wizard.text.display import safe

ALLOW, EXPOSE = "access-control-allow-origin", "access-control-expose-headers"
PREFLIGHT = "preflight"
_TOLD = frozenset({ALLOW, "access-control-allow-headers"})
_TWICE = (
    "Two layers each add the header. A browser refuses more than one value, whatever they are; "
    "other clients do not look."
)
_OTHER = (
    "That very origin was sent, and the answer does not allow it: a browser keeps it from the "
    "page, other clients do not look."
)
_UNREAD = "A page of another origin can begin a session and cannot read its id; other clients can."


def check(rule: Rule, case: Case) -> Finding | None:
    """Said twice, not said for the origin that was given, or the session id not exposed."""
    for result in case.proxy:
        if len(allowed := _values(result.timeline)) > 1:
            return rule.finding("likely", _twice(case, result, allowed), f"{_TWICE}{_asked(case)}")
    return _refused(rule, case) or _unexposed(rule, case)


def _values(line: Timeline) -> list[str]:
    """Each origin that the answer allows."""
    texts = [value for name, value in line.headers if name == ALLOW]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _origin(case: Case) -> str | None:
    """The Origin that the user has us send, if it is another than the URL's own."""
    given = next((value for name, value in case.target.headers if name.lower() == "origin"), None)
    scheme, netloc, *_ = urlsplit(case.target.url)
    return given if given and given.lower() != f"{scheme}://{netloc}".lower() else None


def _refused(rule: Rule, case: Case) -> Finding | None:
    """The origin that was given is not allowed, on the stream or before the POST."""
    asked = _origin(case)
    if asked is None:
        return None
    answers = [result.timeline for result in case.proxy if result.timeline.is_event_stream]
    before = [one.timeline for one in streams.follow_ups(case, PREFLIGHT) if one.timeline.status]
    wrong = [line for line in answers if not _allows(line, asked)]
    wrong += [line for line in before if not (_allows(line, asked) and _takes_json(line))]
    evidence = tuple(_of(line, asked) for line in wrong[:2])
    return rule.finding("confirmed", evidence, _OTHER) if wrong else None


def _allows(line: Timeline, asked: str) -> bool:
    return bool({"*", asked} & set(_values(line)))


def _takes_json(line: Timeline) -> bool:
    """Whether a preflight was answered so that a browser goes on with a POST of JSON."""
    names = (line.header("access-control-allow-headers") or "").lower()
    return 200 <= (line.status or 0) < 300 and ("content-type" in names or "*" in names)


def _of(line: Timeline, asked: str) -> Evidence:
    said = [f"{name}: {safe(value, 80)}" for name, value in line.headers if name in _TOLD]
    text = (
        f"to {safe(asked, 80)} it answers {line.status} with {', '.join(said) or 'no CORS header'}"
    )
    return Evidence("probe", line.probe.label, text)


def _twice(case: Case, result: ProbeResult, allowed: list[str]) -> tuple[Evidence, ...]:
    said = f"Access-Control-Allow-Origin names {len(allowed)} origins: {safe(str(allowed), 120)}"
    found = [Evidence("probe", result.timeline.probe.label, said)]
    found += [
        Evidence("probe", one.timeline.probe.label, f"the backend alone says {safe(str(own), 120)}")
        for one in case.direct[:1]
        if (own := _values(one.timeline))
    ]
    if case.resolution is not None and ALLOW in case.resolution.value("add_header").lower():
        found.append(setting_evidence(case.resolution, "add_header"))
    return tuple(found)


def _unexposed(rule: Rule, case: Case) -> Finding | None:
    """The server gives a session id to browsers of other origins, who may not read it."""
    spoken = case.handshake("proxy")
    answer = spoken.timeline("initialize") if spoken and spoken.session else None
    if answer is None or not _values(answer):
        return None
    shown = (answer.header(EXPOSE) or "").lower()
    if "mcp-session-id" in shown or "*" in shown:
        return None
    said = f"Mcp-Session-Id is sent, and Access-Control-Expose-Headers is {safe(shown) or 'absent'}"
    evidence = (Evidence("probe", answer.probe.label, said),)
    return rule.finding("likely", evidence, f"{_UNREAD}{_asked(case)}", latent=True)


def _asked(case: Case) -> str:
    """What was not looked at, and how it would be."""
    if streams.follow_ups(case, PREFLIGHT):
        return ""
    return " No preflight was sent: give --header 'Origin: https://your.app'."


RULE = Rule(
    id="cors",
    stage=Stage.ADMIT,
    fix=Fix(
        "CORS headers come from one layer, allow the origin and expose Mcp-Session-Id", "nginx"
    ),
    check=check,
)

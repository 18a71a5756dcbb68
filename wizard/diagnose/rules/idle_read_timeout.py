"""Nginx ends a stream that was silent for longer than proxy_read_timeout."""

from wizard.diagnose.rules import disconnects, facts
from wizard.diagnose.rules.rule import Rule, Stage
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.text.text import seconds

SHORT = 60.0
"""A read timeout up to this many seconds (Nginx's default) is a risk where no ping was seen."""


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut seen while watching; else, what the config says will come."""
    cut = disconnects.cut(case)
    return _observed(rule, case, cut[0]) if cut else _latent(rule, case)


def _observed(rule: Rule, case: Case, result: ProbeResult) -> Finding | None:
    logged = facts.log_lines(case, "read-timeout")
    limit = disconnects.read_timeout(case.resolution)
    matches = limit is not None and disconnects.near(disconnects.silence_s(result), limit)
    if not logged and (disconnects.reloaded(case) or (case.resolution is not None and not matches)):
        return None
    evidence = [facts.result_evidence(result), disconnects.beside(case, result)]
    if case.resolution is not None and limit is not None:
        evidence.append(
            facts.of_setting(case.resolution, disconnects.read_timeout_name(case.resolution))
        )
    evidence += [facts.of_log(line) for line in logged[:1]]
    return rule.found(
        _confidence(case, result, matches, bool(logged)), tuple(evidence), DISTINGUISHES
    )


def _confidence(case: Case, result: ProbeResult, matches: bool, logged: bool) -> Confidence:
    """Without a direct stream that went on, the backend itself may have ended it then."""
    if logged or (matches and disconnects.outlived(case, result)):
        return "confirmed"
    return "likely" if matches else "possible"


DISTINGUISHES = (
    "The end came that long after the last byte, not that long after the start; a stream with "
    "pings more often than that survives."
)


def _latent(rule: Rule, case: Case) -> Finding | None:
    limit = disconnects.read_timeout(case.resolution)
    if case.resolution is None or limit is None:
        return None
    gap = facts.ping_gap(case)
    if gap is not None and gap < limit:
        return None
    if gap is None and limit > SHORT:
        return None
    if gap is None:
        said = f"no second event or ping was seen; a silence of {seconds(limit)} ends the stream"
    else:
        said = f"a gap of {seconds(gap)} between events was seen, and {seconds(limit)} ends it"
    name = disconnects.read_timeout_name(case.resolution)
    evidence = (facts.of_setting(case.resolution, name), Evidence("probe", "stream", said))
    distinguishes = "Predicted from the config, not observed: watch with --patience to see it."
    return rule.found("possible" if gap is None else "likely", evidence, distinguishes, latent=True)


RULE = Rule(
    id="idle-read-timeout",
    stage=Stage.CUT,
    title="Nginx cuts the stream after a silence",
    what="proxy_read_timeout (60 s by default) is the longest silence between two reads from the "
    "backend, not a total. A stream that is silent for longer is ended.",
    hurts="Clients lose the stream again and again, after a 200 and with no error that they could "
    "tell from a normal end; over MCP a reply that is under way is lost.",
    shows="The stream ends the same time after its last byte each time, direct it goes on. Error "
    'log: "upstream timed out (110: Connection timed out) while reading upstream"; access log 200.',
    mend="A longer proxy_read_timeout in the location that serves the stream, and pings from the "
    "backend every 15 to 30 s.",
    wrong="keepalive_timeout, send_timeout, proxy_connect_timeout.",
    references=(
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes",
    ),
    fix=Fix(
        "a longer proxy_read_timeout in the location, and pings from the backend every 15–30 s",
        "nginx",
    ),
    check=check,
)


def fires() -> Case:
    """Cut one second after the last byte, and proxy_read_timeout is 1 s."""
    from wizard.diagnose.rules import samples

    return samples.case(
        proxy="cut", direct="live", settings={"proxy_buffering": "off", "proxy_read_timeout": "1s"}
    )


def silent() -> Case:
    """A cut that no timeout of this Nginx explains."""
    from wizard.diagnose.rules import samples

    return samples.case(
        proxy="cut",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "3600s"},
    )

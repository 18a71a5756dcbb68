"""Over HTTP/1.1 a browser opens six connections to one host, and each stream keeps one."""

from dataclasses import replace

from wizard.diagnose.outcome import classify
from wizard.diagnose.rules import facts
from wizard.diagnose.rules.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence, Finding, Fix


def check(rule: Rule, case: Case) -> Finding | None:
    """HTTP/2 was asked for over TLS, and the server did not choose it."""
    asked = [result for result in case.proxy if result.timeline.probe.http == "2"]
    if not asked or any(result.outcome != "not-offered" for result in asked):
        return None
    evidence = [facts.result_evidence(asked[0])]
    if case.resolution is not None and case.resolution.server is not None:
        listen = ", ".join(case.resolution.server.listen)
        where = str(case.resolution.server.directive.where)
        evidence.append(Evidence("config", where, f"listen {listen}: no HTTP/2"))
    distinguishes = (
        "Nothing hangs for one stream. A browser with six tabs on this host would: the seventh "
        "waits for a free connection; other clients have no such limit."
    )
    return rule.found("likely", tuple(evidence), distinguishes, latent=True)


RULE = Rule(
    id="six-connections",
    stage=Stage.REACH,
    title="The seventh tab of a browser hangs",
    what="Over HTTP/1.1 browsers open at most six connections to one host. Each event stream "
    "keeps one for as long as its tab is open.",
    hurts="With six tabs open the seventh loads nothing, not even the page, and neither Nginx nor "
    "the backend sees a request.",
    shows="In browsers only, and only with several tabs. The wizard opens too few streams to be "
    "hit by it: it sees that the TLS listener does not offer HTTP/2.",
    mend="HTTP/2 at the listener: `http2 on;` from Nginx 1.25.1, `listen 443 ssl http2;` before.",
    wrong="worker_connections, keepalive settings, a second upstream.",
    references=(
        "https://nginx.org/en/docs/http/ngx_http_v2_module.html#http2",
        "https://developer.mozilla.org/en-US/docs/Web/API/Server-sent_events/Using_server-sent_events",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes",
    ),
    fix=Fix("HTTP/2 at the listener", "nginx"),
    check=check,
    seen_here=False,
)


def fires() -> Case:
    """Over TLS; HTTP/2 was asked for, HTTP/1.1 came."""
    from wizard.diagnose.rules import samples

    case = samples.case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})
    asked = [
        replace(result.timeline, probe=replace(result.timeline.probe, http="2"))
        for result in case.proxy
    ]
    return replace(case, proxy=(*case.proxy, *map(classify, asked)))


def silent() -> Case:
    """Plain HTTP, where no browser speaks HTTP/2 anyway."""
    from wizard.diagnose.rules import samples

    return samples.case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})

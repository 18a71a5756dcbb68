"""Another layer than this Nginx ends the stream, at a time that is known of it."""

from wizard.diagnose.rules import cuts, seen
from wizard.diagnose.rules.rule import Rule, Station
from wizard.model.case import Case, Cell, Loss
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut at a telling time that no timeout of this Nginx explains; or, where hops were asked,
    a cut at one that the next one outlived."""
    if case.loss is not None:
        return _between(rule, case, case.loss)
    for cell in cuts.cut(case):
        pointed = cuts.telling(cell)
        if pointed is not None and not _is_nginx(case, cell):
            return _found(rule, case, cell, *pointed)
    return None


def _between(rule: Rule, case: Case, lost: Loss) -> Finding | None:
    """The stream was followed from hop to hop: the one that cuts it is known by measurement."""
    inmost = lost.kind == "hop" and lost.inner_kind == "direct"
    cut = lost.cell.outcome == "cut" and cuts.outlives(lost.fine, lost.cell)
    if not cut or inmost or case.site is not None:
        return None
    evidence = [seen.of_cell(lost.cell), seen.of_direct(lost.fine), cuts.beside(case, lost.cell)]
    if pointed := cuts.telling(lost.cell):
        evidence.append(Evidence("probe", lost.cell.timeline.leg.label, " is ".join(pointed)))
    same = frozenset({"idle-read-timeout"})  # what that layer is, if it is another Nginx
    return rule.found(seen.certainty(lost), tuple(evidence), seen.between(lost), explains=same)


def _is_nginx(case: Case, cell: Cell) -> bool:
    """Whether the config or the error log says that this Nginx did it."""
    limit = cuts.read_timeout(case.site)
    own = limit is not None and cuts.near(cuts.silence_s(cell), limit)
    return own or bool(cuts.reloaded(case)) or bool(seen.log_lines(case, *_COMPLAINTS))


_COMPLAINTS = ("read-timeout", "premature-close", "header-timeout", "connect-failed")


def _found(rule: Rule, case: Case, cell: Cell, measured: str, whose: str) -> Finding:
    passed = _passed_on(case, cell)
    evidence = [seen.of_cell(cell), cuts.beside(case, cell)]
    evidence.append(Evidence("probe", cell.timeline.leg.label, f"{measured} is {whose}"))
    evidence += [seen.of_log(line) for line in passed[:1]]
    sure: Confidence = "likely" if passed and cuts.outlived(case, cell) else "possible"
    return rule.found(sure, tuple(evidence), _APART if sure == "likely" else f"{_APART} {_LOGS}")


def _passed_on(case: Case, cell: Cell) -> tuple[LogLine, ...]:
    lines = seen.log_lines(case, "live-200")
    return tuple(line for line in lines if line.client == cell.timeline.leg.label)


_APART = (
    "No timeout of this Nginx that is known is that long, so another layer ended it; which one, "
    "the number only suggests."
)
_LOGS = (
    "A direct stream that goes on, and Nginx's logs with a 200 and no complaint, would make it "
    "likely."
)

RULE = Rule(
    id="outer-timeout",
    station=Station.CUT,
    title="Another layer in front of Nginx cuts the stream",
    what="A load balancer, CDN, ingress or gateway between client and Nginx has a timeout of its "
    "own: 15 s Envoy route, 30 s Pomerium, 60 s AWS load balancer or another Nginx, 90 s Nginx "
    "Proxy Manager, 120 to 125 s Cloudflare, 240 s ingress-nginx after a reload, 300 s clients.",
    hurts="Clients lose the stream again and again, and nothing in this Nginx's config or error "
    "log says why.",
    shows="The cut comes at one of those times, Nginx logs 200 and no error, and a direct stream "
    "goes on; or, asked hop by hop with --hop and --patience, one hop cuts what the next one in "
    "outlives. A cut by this Nginx stands in its error log: upstream timed out.",
    mend="Pings from the backend more often than the smallest of those times (every 10 s is safe "
    "for all that count silence); a longer timeout in the layer where it can be set. A limit of "
    "the whole request (Envoy route, Pomerium) is not moved by pings: switch it off for this path.",
    wrong="proxy_read_timeout in this Nginx: it is not the one that fired.",
    references=(
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        "https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts",
        "https://developers.cloudflare.com/fundamentals/reference/connection-limits/",
    ),
    fix=Fix(
        "pings every 10 s, and a longer timeout (or none) in the layer in front of Nginx",
        "outer-proxy",
    ),
    check=check,
)


def fires() -> Case:
    """Cut 60 s after the last byte; this Nginx allows an hour and logged 200."""
    from wizard.diagnose.rules import samples

    access = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 200 80 "-" "ssewizard"'
    return samples.case(
        proxy="cut:60",
        direct="live:70",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
        logs=(samples.logged(access, client="sse-proxy h1 identity"),),
    )


def silent() -> Case:
    """The same cut, and it is this Nginx's own timeout."""
    from wizard.diagnose.rules import samples

    return samples.case(
        proxy="cut:60",
        direct="live:70",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "60s"},
    )

"""Another proxy in front of this Nginx holds what this one passes on."""

from wizard.diagnose.rules import seen
from wizard.diagnose.rules.rule import Rule, Station
from wizard.model.case import HELD, Case, Cell, Loss
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.log_report import LogLine
from wizard.text.text import safe

TRACES = ("via", "x-cache", "cf-ray", "x-amz-cf-id", "x-served-by",
    "x-envoy-upstream-service-time")  # fmt: skip
"""Response headers by which a proxy shows itself."""


def check(rule: Rule, case: Case) -> Finding | None:
    """Held, where the config of this Nginx says live and the direct leg is live; or, where hops
    were asked, held at one and live at the next."""
    if case.loss is not None:
        return _between(rule, case, case.loss)
    held = [cell for cell in seen.held(case) if cell.outcome != "late"]
    stuck = [cell for cell in held if seen.predicted(case, cell) == {"live"}]
    if case.site is None or not stuck or not seen.live_direct(case):
        return None
    passed, other = _of_cells(case, stuck, "live-200"), _another(case)
    if not passed and _of_cells(case, stuck, "held-499"):
        return None  # this Nginx says itself that it passed nothing on
    buffering = f"{seen.buffer_prefix(case.site)}_buffering"
    evidence = (
        *(seen.of_cell(cell) for cell in stuck),
        seen.of_direct(seen.live_direct(case)[0]),
        seen.of_setting(case.site, buffering),
        *(seen.of_log(line) for line in passed[:1]),
        *other,
    )
    sure: Confidence = "likely" if passed or other else "possible"
    return rule.found(sure, evidence, _APART if passed else f"{_APART} {_RUNNING}")


def _between(rule: Rule, case: Case, lost: Loss) -> Finding | None:
    """The stream was followed from hop to hop: the one that holds it is known by measurement."""
    inmost = lost.kind == "hop" and lost.inner_kind == "direct"
    if lost.cell.outcome not in HELD or inmost or case.site is not None:
        return None  # the proxy whose config was read, or the last one: not in front of another
    evidence = (seen.of_cell(lost.cell), seen.of_direct(lost.fine), *_another(case))
    return rule.found(
        seen.certainty(lost),
        evidence,
        f"{seen.between(lost)} {_SURER[lost.kind]}".strip(),
        explains=frozenset({"proxy-buffering-hold", "gzip-plus-buffering"}),
    )


_SURER = {
    "hop": "",
    "outside": "Which proxy that is was not asked: name it with --hop to be sure.",
    "direct": "Both places may also have reached different backends.",
}


def _of_cells(case: Case, stuck: list[Cell], tag: str) -> tuple[LogLine, ...]:
    """This Nginx's own lines about the probes that were held."""
    labels = {cell.timeline.leg.label for cell in stuck}
    return tuple(line for line in seen.log_lines(case, tag) if line.client in labels)


def _another(case: Case) -> tuple[Evidence, ...]:
    """A header of / by which another proxy shows itself."""
    if case.root is None:
        return ()
    found = [(name, value) for name in TRACES if (value := case.root.header(name))]
    server = case.root.header("server") or ""
    if server and not server.lower().startswith(("nginx", "openresty")):
        found.append(("server", server))
    shown = [f"{name}: {safe(value, 80)}" for name, value in found[:1]]
    return tuple(Evidence("probe", "root-proxy", f"/ answers with {one}") for one in shown)


_APART = (
    "The config of this Nginx lets the stream through and the backend sends, so what holds it "
    "stands in front of this Nginx. Name each hop with --hop NAME=URL: that shows which one holds."
)
_RUNNING = "If this config is not the one that runs (no reload yet), that explains it too."

RULE = Rule(
    id="outer-proxy-buffers",
    station=Station.HOLD,
    title="A proxy in front of this Nginx holds the stream",
    what="The stream passes another proxy (an edge Nginx, an ingress, a CDN, a gateway) before or "
    "after this one, and that one buffers. This Nginx takes X-Accel-Buffering: no from the "
    "backend for itself and strips it, so the outer one never sees it.",
    hurts="The inner Nginx was mended, its own log shows bytes, and clients hang as before.",
    shows="Live at the inner Nginx, held at the edge: `--hop edge=URL --hop inner=URL` asks each, "
    "from another vantage if need be. The inner access log has 200 with bytes for a request that "
    "got nothing.",
    mend="proxy_buffering off at the outer proxy too; or let the header through, with "
    "`proxy_pass_header X-Accel-Buffering;` at the inner one.",
    wrong="Further changes to buffers of the inner Nginx.",
    references=(
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass_header",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering",
    ),
    fix=Fix(
        "buffering off at the outer proxy, or `proxy_pass_header X-Accel-Buffering` at this one",
        "outer-proxy",
    ),
    check=check,
)


def fires() -> Case:
    """Held; this Nginx has buffering off and logged 200 with bytes for that very probe."""
    from wizard.diagnose.rules import samples

    access = '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 200 80 "-" "ssewizard"'
    return samples.case(
        proxy="held",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "1h"},
        logs=(samples.logged(access, client="sse-proxy h1 identity"),),
    )


def silent() -> Case:
    """This Nginx holds it."""
    from wizard.diagnose.rules import samples

    return samples.case(proxy="held", direct="live", settings={"proxy_buffering": "on"})

"""Nginx ends a stream that was silent for longer than proxy_read_timeout."""

from wizard.model import Case, Cell, Evidence, Finding, Fix
from wizard.nginx.site import Site
from wizard.nginx.units import duration_s
from wizard.rules import seen
from wizard.rules.rule import Rule, Station
from wizard.text import seconds

SHORT = 60.0
"""A read timeout up to this many seconds (Nginx's default) is a risk where no ping was seen."""


def check(rule: Rule, case: Case) -> Finding | None:
    """A cut seen while watching; else, what the config says will come."""
    cut = [cell for cell in seen.cells(case.proxy, "identity") if _broke_off(case, cell)]
    return _observed(rule, case, cut[0]) if cut else _latent(rule, case)


def _broke_off(case: Case, cell: Cell) -> bool:
    """Ended after data, by itself, while a direct stream of the same age was still open."""
    if cell.outcome != "cut" or cell.timeline.first_data_s is None:
        return False
    age = cell.timeline.waited_s or 0.0
    return any(
        other.timeline.ended == "open" and (other.timeline.waited_s or 0.0) >= age
        for other in seen.live_direct(case)
    )


def _silence(cell: Cell) -> float:
    """Seconds from the last byte to the end."""
    return (cell.timeline.waited_s or 0.0) - (cell.timeline.last_byte_s or 0.0)


def _observed(rule: Rule, case: Case, cell: Cell) -> Finding | None:
    silence = _silence(cell)
    logged = seen.log_lines(case, "read-timeout")
    limit = read_timeout(case.site)
    matches = limit is not None and abs(silence - limit) <= max(0.5, 0.05 * limit)
    if limit is not None and not matches and not logged:
        return None
    end = f"ended {seconds(silence)} after its last byte; the direct stream of that age was open"
    evidence = [seen.of_cell(cell), Evidence("probe", cell.timeline.leg.label, end)]
    if case.site is not None and limit is not None:
        evidence.append(seen.of_setting(case.site, _name(case.site)))
    evidence += [seen.of_log(line) for line in logged[:1]]
    apart = "The end came that long after the last byte, not that long after the start; "
    apart += "a stream with pings more often than that survives."
    return rule.found("confirmed" if matches or logged else "possible", tuple(evidence), apart)


def _latent(rule: Rule, case: Case) -> Finding | None:
    limit = read_timeout(case.site)
    if case.site is None or limit is None:
        return None
    gap = seen.ping_gap(case)
    if gap is not None and gap < limit:
        return None
    if gap is None and limit > SHORT:
        return None
    if gap is None:
        said = f"no second event or ping was seen; a silence of {seconds(limit)} ends the stream"
    else:
        said = f"a gap of {seconds(gap)} between events was seen, and {seconds(limit)} ends it"
    evidence = (seen.of_setting(case.site, _name(case.site)), Evidence("probe", "stream", said))
    apart = "Predicted from the config, not observed: watch with --patience to see it."
    return rule.found("possible" if gap is None else "likely", evidence, apart, latent=True)


def _name(site: Site) -> str:
    return f"{seen.buffer_prefix(site)}_read_timeout"


def read_timeout(site: Site | None) -> float | None:
    """The effective read timeout in seconds, None where the path is not proxied."""
    if site is None or not seen.proxied_by(site):
        return None
    return duration_s(site.value(_name(site)))


RULE = Rule(
    id="idle-read-timeout",
    station=Station.CUT,
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
    from wizard.rules import samples

    return samples.case(
        proxy="cut", direct="live", settings={"proxy_buffering": "off", "proxy_read_timeout": "1s"}
    )


def silent() -> Case:
    """A cut that no timeout of this Nginx explains."""
    from wizard.rules import samples

    return samples.case(
        proxy="cut",
        direct="live",
        settings={"proxy_buffering": "off", "proxy_read_timeout": "3600s"},
    )

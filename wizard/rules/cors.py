"""A browser refuses what the server says about other origins."""

from dataclasses import replace

from wizard.model import Case, Cell, Evidence, Finding, Fix
from wizard.rules import seen
from wizard.rules.rule import Rule, Station
from wizard.text import safe
from wizard.timeline import Timeline

ALLOW, EXPOSE = "access-control-allow-origin", "access-control-expose-headers"


def check(rule: Rule, case: Case) -> Finding | None:
    """Said twice, said for another origin, or the session id not exposed."""
    for cell in case.proxy:
        allowed = _values(cell.timeline)
        if len(allowed) > 1:
            return rule.found("likely", _twice(case, cell, allowed), _TWICE)
        if allowed and (asked := _origin(case)) and allowed[0] not in ("*", asked):
            said = Evidence("probe", cell.timeline.leg.label, f"for {safe(asked, 80)} it says "
                            f"Access-Control-Allow-Origin: {safe(allowed[0], 80)}")  # fmt: skip
            return rule.found("likely", (said,), _OTHER)
    return _unexposed(rule, case)


def _values(line: Timeline) -> list[str]:
    """Each origin that the answer allows."""
    texts = [value for name, value in line.headers if name == ALLOW]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _origin(case: Case) -> str | None:
    """The Origin that the user has us send."""
    return next((value for name, value in case.target.headers if name.lower() == "origin"), None)


def _twice(case: Case, cell: Cell, allowed: list[str]) -> tuple[Evidence, ...]:
    said = f"Access-Control-Allow-Origin names {len(allowed)} origins: {safe(str(allowed), 120)}"
    found = [Evidence("probe", cell.timeline.leg.label, said)]
    found += [
        Evidence("probe", one.timeline.leg.label, f"the backend alone says {safe(str(own), 120)}")
        for one in case.direct[:1]
        if (own := _values(one.timeline))
    ]
    if case.site is not None and ALLOW in case.site.value("add_header").lower():
        found.append(seen.of_setting(case.site, "add_header"))
    return tuple(found)


def _unexposed(rule: Rule, case: Case) -> Finding | None:
    """The server gives a session id to browsers of other origins, who may not read it."""
    spoken = case.handshake("proxy")
    answer = spoken.exchange("initialize") if spoken and spoken.session else None
    if answer is None or not _values(answer):
        return None
    shown = (answer.header(EXPOSE) or "").lower()
    if "mcp-session-id" in shown or "*" in shown:
        return None
    said = f"Mcp-Session-Id is sent, and Access-Control-Expose-Headers is {safe(shown) or 'absent'}"
    evidence = (Evidence("probe", answer.leg.label, said),)
    return rule.found("likely", evidence, _UNREAD, latent=True)


_NOT_ASKED = "No preflight (OPTIONS) was sent: which origin would ask is not known."
_TWICE = (
    "Two layers each add the header. A browser refuses more than one value, whatever they are; "
    f"other clients do not look. {_NOT_ASKED}"
)
_OTHER = f"The origin that was sent is not the one that is allowed. {_NOT_ASKED}"
_UNREAD = (
    "A page of another origin can begin a session and cannot read its id; other clients can. "
    f"{_NOT_ASKED}"
)

RULE = Rule(
    id="cors",
    station=Station.ADMIT,
    title="A browser refuses the stream of another origin",
    what="The server's CORS headers are missing, stand there twice (once from the backend, once "
    "from Nginx), name another origin, or do not expose Mcp-Session-Id.",
    hurts="The page's console shows a CORS error, curl and the SDKs work, and the network looks "
    "healthy.",
    shows="In browsers only. The wizard sees a doubled header, a session id that is not exposed, "
    "and, with `--header 'Origin: https://your.app'`, an origin that is not allowed. It sends no "
    "preflight: try `curl -i -X OPTIONS -H 'Origin: …' -H 'Access-Control-Request-Method: POST' "
    "-H 'Access-Control-Request-Headers: content-type,mcp-session-id,mcp-protocol-version'`.",
    mend="Allow the origin, the methods and the MCP headers, and expose Mcp-Session-Id, in one "
    "layer: the backend or Nginx, not both (`proxy_hide_header Access-Control-Allow-Origin`).",
    wrong="Adding the header in Nginx as well: two values are as bad as none.",
    references=(
        "https://fetch.spec.whatwg.org/#http-cors-protocol",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header",
    ),
    fix=Fix(
        "CORS headers come from one layer, allow the origin and expose Mcp-Session-Id", "nginx"
    ),
    check=check,
)


def fires() -> Case:
    """Nginx and the backend each allow all origins."""
    return _allowing("*", "*")


def silent() -> Case:
    """One of them does."""
    return _allowing("*")


def _allowing(*origins: str) -> Case:
    from wizard.rules import samples

    case = samples.case(proxy="live", direct="live", settings={"proxy_read_timeout": "1h"})
    extra = tuple((ALLOW, origin) for origin in origins)
    lines = [replace(c.timeline, headers=(*c.timeline.headers, *extra)) for c in case.proxy]
    cells = [replace(c, timeline=line) for c, line in zip(case.proxy, lines, strict=True)]
    return replace(case, proxy=tuple(cells))

"""The JSON and the text of `inspect`, to the letter of `contract.md`."""

import json
from collections.abc import Sequence
from typing import Any

from wizard.config_findings import ConfigFinding
from wizard.nginx.site import Delivery, Site
from wizard.text import safe

SCHEMA = "ssewizard.inspect/1"


def inspect_json(site: Site, findings: Sequence[ConfigFinding]) -> str:
    """The answer. Added to the contract: `undecided`, and `reason` of server and location."""
    data = {
        "schema": SCHEMA,
        "nginx_version": site.version,
        "server": _server(site),
        "location": _location(site),
        "upstream": _upstream(site),
        "effective": {
            name: {"value": safe(setting.value), "origin": safe(setting.origin)}
            for name, setting in sorted(site.effective.items())
        },
        "delivery": [_row(row) for row in site.delivery],
        "findings": [
            {"id": one.id, "where": safe(one.where), "text": safe(one.text)} for one in findings
        ],
        "undecided": [safe(doubt) for doubt in site.undecided],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _server(site: Site) -> dict[str, Any] | None:
    if site.server is None:
        return None
    where = site.server.directive.where
    return {
        "name": safe(site.server.name),
        "listen": [safe(text) for text in site.server.listen],
        "file": safe(where.file),
        "line": where.line,
        "reason": safe(site.server.reason),
    }


def _location(site: Site) -> dict[str, Any] | None:
    if site.location is None:
        return None
    where = site.location.directive.where
    return {
        "modifier": site.location.modifier,
        "path": safe(site.location.path),
        "file": safe(where.file),
        "line": where.line,
        "reason": safe(site.location.reason),
    }


def _upstream(site: Site) -> dict[str, Any] | None:
    if site.upstream is None or site.upstream.kind == "static":
        return None
    upstream = site.upstream
    return {
        "pass": safe(upstream.passed),
        "peers": [safe(peer) for peer in upstream.peers],
        "request_uri": safe(upstream.request_uri) if upstream.request_uri is not None else None,
        "kind": upstream.kind,
    }


def _row(row: Delivery) -> dict[str, str]:
    return {
        "client": row.client,
        "encoding": row.encoding,
        "upstream": row.upstream,
        "result": row.result,
    }


def inspect_text(site: Site, findings: Sequence[ConfigFinding], *, color: bool = False) -> str:
    """The same for a person."""
    lines = [f"nginx {site.version or '(version not known)'}", *_who(site), ""]
    lines += [
        f"  {name:<28} {safe(one.value, 60):<20} {safe(one.origin)}"
        for name, one in sorted(site.effective.items())
    ]
    if site.delivery:
        lines += ["", "An event stream is"]
        lines += [
            f"  {r.result:<13} for {r.client}, {r.encoding}, upstream {r.upstream}"
            for r in site.delivery
        ]
    lines += ["", *(f"{one.id} ({safe(one.where)}): {safe(one.text)}" for one in findings)]
    lines += [f"not decided: {safe(doubt)}" for doubt in site.undecided]
    return "\n".join(lines).rstrip() + "\n"


def _who(site: Site) -> list[str]:
    lines = []
    if site.server is not None:
        name = safe(site.server.name) or "(no name)"
        lines.append(f"server    {name}, {site.server.directive.where}: {safe(site.server.reason)}")
    if site.location is None:
        lines.append("location  none matches this path")
    else:
        place = safe(f"{site.location.modifier} {site.location.path}".strip())
        lines.append(
            f"location  {place}, {site.location.directive.where}: {safe(site.location.reason)}"
        )
    if site.upstream is not None and site.upstream.kind != "static":
        peers = ", ".join(site.upstream.peers) or "decided by variables"
        uri = safe(site.upstream.request_uri or "?")
        lines.append(f"upstream  {safe(site.upstream.passed)} ({safe(peers)}), gets {uri}")
    return lines

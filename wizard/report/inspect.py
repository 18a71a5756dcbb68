"""The JSON and the text of `inspect`, to the letter of `contract.md`."""

import json
from collections.abc import Sequence
from typing import Any

from wizard.diagnose.config import ConfigFinding
from wizard.model.resolution import Delivery, Setting, Site
from wizard.report.text import filled, parted, section
from wizard.text.text import safe

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
    return json.dumps(data, indent=2) + "\n"


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


def inspect_text(site: Site, findings: Sequence[ConfigFinding]) -> str:
    """The same for a person: what is set, then the defaults that say something."""
    found = sorted(site.effective.items())
    rows = [(name, one) for name, one in found if one.origin != "default"]
    defaults = [(name, one) for name, one in found if one.origin == "default" and one.value]
    parts = [
        "".join(
            [f"nginx {safe(site.version or '(version not known)')}\n", *_asked(site), *_who(site)]
        ),
        section("Set in the config", (_setting(name, one) for name, one in rows)),
        section("Nginx's defaults", (_setting(name, one) for name, one in defaults)),
        section(
            "An event stream is",
            (
                f"  {r.result:<13} for {r.client}, {r.encoding}, upstream {r.upstream}\n"
                for r in site.delivery
            ),
        ),
        "".join(_found(one) for one in findings),
        "".join(filled(f"not decided: {safe(doubt)}", "", "  ") for doubt in site.undecided),
    ]
    return parted(parts)


def _setting(name: str, one: Setting) -> str:
    """Value and place in columns; what is too long for its column begins a new row."""
    value = safe(one.value, 200)
    if one.origin == "default":
        return f"  {name:<28} {value}\n"
    place = safe(one.origin)
    if len(value) <= 12 and len(place) <= 36:
        return f"  {name:<28} {value:<12} {place}\n"
    return f"{filled(f'{name:<28} {value}', '  ', ' ' * 31)}{'':31}{place}\n"


def _found(one: ConfigFinding) -> str:
    return filled(f"{one.id} ({safe(one.where)}): {safe(one.text)}", "", "  ")


def _asked(site: Site) -> list[str]:
    """The command that printed the config, where it is more than `nginx -T`."""
    return [f"read by   {safe(site.config.asked)}\n"] if site.config.asked else []


def _who(site: Site) -> list[str]:
    lines = []
    if site.server is not None:
        name = safe(site.server.name) or "(no name)"
        lines.append(f"server    {name}, {site.server.directive.where}: {site.server.reason}")
    if site.location is None:
        lines.append("location  none matches this path")
    else:
        place = f"{site.location.modifier} {site.location.path}".strip()
        lines.append(f"location  {place}, {site.location.directive.where}: {site.location.reason}")
    if site.upstream is not None and site.upstream.kind != "static":
        peers = ", ".join(site.upstream.peers) or "decided by variables"
        uri = site.upstream.request_uri or "?"
        lines.append(f"upstream  {site.upstream.passed} ({peers}), gets {uri}")
    return [filled(safe(line), "", " " * 10) for line in lines]

"""The reports of `inspect`, as JSON (docs/json.md) and as text."""

import json
from collections.abc import Sequence
from typing import Any

from wizard.diagnose.rule import ConfigFinding
from wizard.model.resolution import Delivery, RequestResolution, Setting
from wizard.report.text import join_sections, section, wrap
from wizard.text.display import safe

SCHEMA = "ssewizard.inspect/2"


def inspect_json(resolution: RequestResolution, findings: Sequence[ConfigFinding]) -> str:
    """Return what the config does with the request, as JSON text."""
    data = {
        "schema": SCHEMA,
        "nginx_version": resolution.version,
        "server": _server(resolution),
        "location": _location(resolution),
        "upstream": _upstream(resolution),
        "effective": {
            name: {"value": safe(setting.value), "origin": safe(setting.origin)}
            for name, setting in sorted(resolution.settings.items())
        },
        "delivery": [_delivery_json(row) for row in resolution.delivery],
        "findings": [
            {"id": finding.id, "where": safe(finding.where), "text": safe(finding.text)}
            for finding in findings
        ],
        "undecided": [safe(doubt) for doubt in resolution.undecided],
    }
    return json.dumps(data, indent=2) + "\n"


def _server(resolution: RequestResolution) -> dict[str, Any] | None:
    if resolution.server is None:
        return None
    where = resolution.server.directive.where
    return {
        "name": safe(resolution.server.name),
        "listen": [safe(text) for text in resolution.server.listen],
        "file": safe(where.file),
        "line": where.line,
        "reason": safe(resolution.server.reason),
    }


def _location(resolution: RequestResolution) -> dict[str, Any] | None:
    if resolution.location is None:
        return None
    where = resolution.location.directive.where
    return {
        "modifier": resolution.location.modifier,
        "path": safe(resolution.location.path),
        "file": safe(where.file),
        "line": where.line,
        "reason": safe(resolution.location.reason),
    }


def _upstream(resolution: RequestResolution) -> dict[str, Any] | None:
    if resolution.upstream is None or resolution.upstream.kind == "static":
        return None
    upstream = resolution.upstream
    return {
        "pass": safe(upstream.passed),
        "peers": [safe(peer) for peer in upstream.peers],
        "request_uri": safe(upstream.request_uri) if upstream.request_uri is not None else None,
        "kind": upstream.kind,
    }


def _delivery_json(row: Delivery) -> dict[str, str]:
    return {
        "client": row.client,
        "encoding": row.encoding,
        "upstream": row.upstream,
        "result": row.result,
    }


def inspect_text(resolution: RequestResolution, findings: Sequence[ConfigFinding]) -> str:
    """Return the same for a reader: what the config sets, then the defaults that have a value."""
    settings = sorted(resolution.settings.items())
    configured = [(name, item) for name, item in settings if item.origin != "default"]
    defaults = [(name, item) for name, item in settings if item.origin == "default" and item.value]
    doubts = (wrap(f"not decided: {safe(doubt)}", "", "  ") for doubt in resolution.undecided)
    parts = [
        _head(resolution),
        section("Set in the config", (_setting(name, item) for name, item in configured)),
        section("Nginx's defaults", (_setting(name, item) for name, item in defaults)),
        section("An event stream is", map(_delivery, resolution.delivery)),
        "".join(_finding(finding) for finding in findings),
        "".join(doubts),
    ]
    return join_sections(parts)


def _delivery(row: Delivery) -> str:
    return f"  {row.result:<13} for {row.client}, {row.encoding}, upstream {row.upstream}\n"


def _setting(name: str, setting: Setting) -> str:
    """Return name, value and origin in columns; a long origin gets a line of its own."""
    value = safe(setting.value, 200)
    if setting.origin == "default":
        return f"  {name:<28} {value}\n"
    origin = safe(setting.origin)
    if len(value) <= 12 and len(origin) <= 36:
        return f"  {name:<28} {value:<12} {origin}\n"
    return f"{wrap(f'{name:<28} {value}', '  ', ' ' * 31)}{'':31}{origin}\n"


def _finding(finding: ConfigFinding) -> str:
    return wrap(f"{finding.id} ({safe(finding.where)}): {safe(finding.text)}", "", "  ")


def _head(resolution: RequestResolution) -> str:
    """Return the version, the command that printed the config, and who serves the request."""
    lines = [f"nginx {safe(resolution.version or '(version not known)')}\n"]
    if resolution.config.command:
        lines.append(f"read by   {safe(resolution.config.command)}\n")
    return "".join([*lines, *_served_by(resolution)])


def _served_by(resolution: RequestResolution) -> list[str]:
    """Return the server, the location and the upstream, a wrapped line each."""
    lines = []
    if resolution.server is not None:
        name = safe(resolution.server.name) or "(no name)"
        lines.append(
            f"server    {name}, {resolution.server.directive.where}: {resolution.server.reason}"
        )
    if resolution.location is None:
        lines.append("location  none matches this path")
    else:
        pattern = f"{resolution.location.modifier} {resolution.location.path}".strip()
        lines.append(
            f"location  {pattern}, {resolution.location.directive.where}: "
            f"{resolution.location.reason}"
        )
    if resolution.upstream is not None and resolution.upstream.kind != "static":
        peers = ", ".join(resolution.upstream.peers) or "decided by variables"
        uri = resolution.upstream.request_uri or "?"
        lines.append(f"upstream  {resolution.upstream.passed} ({peers}), gets {uri}")
    return [wrap(safe(line), "", " " * 10) for line in lines]

"""The JSON and the text of `inspect`, to the letter of `contract.md`."""

import json
from collections.abc import Sequence
from typing import Any

from wizard.diagnose.rule import ConfigFinding
from wizard.model.resolution import Delivery, RequestResolution, Setting
from wizard.report.text import filled, parted, section
from wizard.text.display import safe

SCHEMA = "ssewizard.inspect/2"


def inspect_json(resolution: RequestResolution, findings: Sequence[ConfigFinding]) -> str:
    """The answer. Added to the contract: `undecided`, and `reason` of server and location."""
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
        "delivery": [_row(row) for row in resolution.delivery],
        "findings": [
            {"id": one.id, "where": safe(one.where), "text": safe(one.text)} for one in findings
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


def _row(row: Delivery) -> dict[str, str]:
    return {
        "client": row.client,
        "encoding": row.encoding,
        "upstream": row.upstream,
        "result": row.result,
    }


def inspect_text(resolution: RequestResolution, findings: Sequence[ConfigFinding]) -> str:
    """The same for a person: what is set, then the defaults that say something."""
    found = sorted(resolution.settings.items())
    rows = [(name, one) for name, one in found if one.origin != "default"]
    defaults = [(name, one) for name, one in found if one.origin == "default" and one.value]
    parts = [
        "".join(
            [
                f"nginx {safe(resolution.version or '(version not known)')}\n",
                *_asked(resolution),
                *_who(resolution),
            ]
        ),
        section("Set in the config", (_setting(name, one) for name, one in rows)),
        section("Nginx's defaults", (_setting(name, one) for name, one in defaults)),
        section(
            "An event stream is",
            (
                f"  {r.result:<13} for {r.client}, {r.encoding}, upstream {r.upstream}\n"
                for r in resolution.delivery
            ),
        ),
        "".join(_found(one) for one in findings),
        "".join(filled(f"not decided: {safe(doubt)}", "", "  ") for doubt in resolution.undecided),
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


def _asked(resolution: RequestResolution) -> list[str]:
    """The command that printed the config, where it is more than `nginx -T`."""
    return [f"read by   {safe(resolution.config.command)}\n"] if resolution.config.command else []


def _who(resolution: RequestResolution) -> list[str]:
    lines = []
    if resolution.server is not None:
        name = safe(resolution.server.name) or "(no name)"
        lines.append(
            f"server    {name}, {resolution.server.directive.where}: {resolution.server.reason}"
        )
    if resolution.location is None:
        lines.append("location  none matches this path")
    else:
        place = f"{resolution.location.modifier} {resolution.location.path}".strip()
        lines.append(
            f"location  {place}, {resolution.location.directive.where}: "
            f"{resolution.location.reason}"
        )
    if resolution.upstream is not None and resolution.upstream.kind != "static":
        peers = ", ".join(resolution.upstream.peers) or "decided by variables"
        uri = resolution.upstream.request_uri or "?"
        lines.append(f"upstream  {resolution.upstream.passed} ({peers}), gets {uri}")
    return [filled(safe(line), "", " " * 10) for line in lines]

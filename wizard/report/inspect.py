"""The reports of `inspect`, as JSON (docs/json.md) and as text."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from wizard.diagnose.rule import ConfigFinding
from wizard.model.probe_result import OUTCOME_WORDS
from wizard.model.resolution import Answer, Delivery, RequestResolution, Setting
from wizard.report.as_sent import BackendRequest, as_sent_json, as_sent_text
from wizard.report.labels import client_name
from wizard.report.text import join_sections, section, wrap
from wizard.text.columns import pad, width
from wizard.text.config_redaction import redact_directive
from wizard.text.display import comma_list, labelled, noted, phrases, safe
from wizard.text.messages import tr

SCHEMA = "ssewizard.inspect/2"


def inspect_json(
    resolution: RequestResolution,
    findings: Sequence[ConfigFinding],
    sent: BackendRequest | None = None,
) -> str:
    """Return what the config does with the request, as JSON text; with `sent`, the request that the
    backend gets."""
    all_findings = (*_refusal_finding(resolution), *findings)
    data = {
        "schema": SCHEMA,
        "nginx_version": resolution.version,
        "server": _server(resolution),
        "location": _location(resolution),
        "upstream": _upstream(resolution),
        "answer": _answer(resolution.answer),
        "effective": {
            name: {"value": safe(setting_value(setting)), "origin": safe(setting.origin)}
            for name, setting in sorted(resolution.settings.items())
        },
        "delivery": [_delivery_json(row) for row in resolution.delivery],
        "findings": [
            {"id": finding.id, "where": safe(finding.where), "text": safe(finding.text)}
            for finding in (*all_findings, *_undecided_findings(resolution))
        ],
        "undecided": [safe(str(doubt)) for doubt in resolution.undecided],
        **({"as_sent": as_sent_json(sent)} if sent is not None else {}),
    }
    return json.dumps(data, indent=2) + "\n"


def _server(resolution: RequestResolution) -> dict[str, Any] | None:
    server = resolution.server
    if server is None:
        return None
    where = server.directive.where
    return {
        "name": safe(server.name),
        "listen": [safe(text) for text in server.listen],
        "file": safe(where.file),
        "line": where.line,
        "reason": safe(server.reason),
    }


def _location(resolution: RequestResolution) -> dict[str, Any] | None:
    location = resolution.location
    if location is None:
        return None
    where = location.directive.where
    return {
        "modifier": location.modifier,
        "path": safe(location.path),
        "file": safe(where.file),
        "line": where.line,
        "reason": safe(location.reason),
    }


def _upstream(resolution: RequestResolution) -> dict[str, Any] | None:
    upstream = resolution.upstream
    if upstream is None or upstream.kind == "static":
        return None
    return {
        "pass": safe(upstream.passed),
        "peers": [safe(peer) for peer in upstream.peers],
        "request_uri": safe(upstream.request_uri) if upstream.request_uri is not None else None,
        "kind": upstream.kind,
    }


def _answer(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    where = answer.directive.where
    return {
        "directive": safe(answer.directive.name),
        "status": answer.status,
        "file": safe(where.file),
        "line": where.line,
    }


def _answer_line(answer: Answer) -> str:
    status = f" {answer.status}" if answer.status else ""
    directive = answer.directive
    return tr(
        "answer    Nginx itself answers{status}: {name}, {where}",
        status=status,
        name=directive.name,
        where=directive.where,
    )


def _refusal_finding(resolution: RequestResolution) -> Iterator[ConfigFinding]:
    """Yield that Nginx refuses the config, if it does."""
    if refusal := resolution.refusal:
        text = tr(
            "Nginx refuses this config: {reason}. The running Nginx has another one.",
            reason=refusal.reason,
        )
        yield ConfigFinding("refused", str(refusal.where), text)


def _undecided_findings(resolution: RequestResolution) -> Iterator[ConfigFinding]:
    """Yield the directives for which a delivery is undecided."""
    if not any(row.result == "undecided" for row in resolution.delivery):
        return
    filters = {each.where: each for each in resolution.body_filters if each.effect == "unknown"}
    for where, each in filters.items():
        text = tr(
            "{name} may hold the response: what it does to an event stream is not known",
            name=each.name,
        )
        yield ConfigFinding("undecided", str(where), text)
    for directive in resolution.unknown:
        if directive.where not in filters:
            text = tr(
                "{name} may answer the request: what it does is not known", name=directive.name
            )
            yield ConfigFinding("undecided", str(directive.where), text)


def _delivery_json(row: Delivery) -> dict[str, Any]:
    return {
        "client": row.client,
        "encoding": row.encoding,
        "upstream": row.upstream,
        "result": row.result,
        "tail_from": row.tail_from,
    }


def inspect_text(
    resolution: RequestResolution,
    findings: Sequence[ConfigFinding],
    sent: BackendRequest | None = None,
) -> str:
    """Return the same as text: what the config sets, then the defaults that have a value."""
    settings = sorted(resolution.settings.items())
    configured = [(name, item) for name, item in settings if item.origin != "default"]
    defaults = [(name, item) for name, item in settings if item.origin == "default" and item.value]
    parts = [
        _head(resolution),
        as_sent_text(sent) if sent is not None else "",
        section(tr("Set in the config"), (_setting(name, item) for name, item in configured)),
        section("Nginx's defaults", (_setting(name, item) for name, item in defaults)),
        section(tr("An event stream is"), map(_delivery, resolution.delivery)),
        "".join(map(_finding, (*_refusal_finding(resolution), *findings))),
        "".join(
            wrap(tr("not decided: {doubt}", doubt=safe(str(doubt))), "", "  ")
            for doubt in resolution.undecided
        ),
    ]
    return join_sections(parts)


def _delivery(row: Delivery) -> str:
    client = tr(
        "{client_name}, upstream {upstream}",
        client_name=client_name(row.client, row.encoding),
        upstream=row.upstream,
    )
    return tr(
        "  {result} for {client}{delivery_condition}\n",
        result=pad(OUTCOME_WORDS[row.result], 13),
        client=client,
        delivery_condition=delivery_condition(row),
    )


def delivery_condition(row: Delivery) -> str:
    """Return from which size an event is held, and what holds without the filters not known."""
    size = tr(", from {tail_from:,} bytes on", tail_from=row.tail_from) if row.tail_from else ""
    return size + (
        tr(", else {otherwise}", otherwise=OUTCOME_WORDS[row.otherwise]) if row.otherwise else ""
    )


def setting_value(setting: Setting) -> str:
    """Return the value of a setting without the credentials in it, not escaped yet."""
    is_list = setting.value == "; ".join(map(" ".join, setting.entries))
    entries = setting.entries if is_list else setting.entries[:1]
    return "; ".join(redact_directive(setting.name, entry) for entry in entries) or setting.value


def _setting(name: str, setting: Setting) -> str:
    """Return name, value and origin in columns; a long origin gets a line of its own."""
    value = safe(setting_value(setting), 200)
    if setting.origin == "default":
        return f"  {name:<28} {value}\n"
    origin = safe(setting.origin)
    if width(value) <= 12 and width(origin) <= 36:
        return f"  {name:<28} {pad(value, 12)} {origin}\n"
    return f"{wrap(f'{name:<28} {value}', '  ', ' ' * 31)}{'':31}{origin}\n"


def _finding(finding: ConfigFinding) -> str:
    return wrap(labelled(noted(finding.id, safe(finding.where)), safe(finding.text)), "", "  ")


def _head(resolution: RequestResolution) -> str:
    """Return the version, the command that printed the config, and what serves the request."""
    version = safe(resolution.version or tr("(version not known)"))
    head = f"nginx {version}\n"
    if resolution.config.command:
        head += tr("read by   {command}\n", command=safe(resolution.config.command))
    return head + "".join(wrap(safe(line), "", " " * 10) for line in served_by(resolution))


def served_by(resolution: RequestResolution) -> Iterator[str]:
    """Yield a line each on the server, the location and what answers, not escaped yet."""
    server, location, upstream = resolution.server, resolution.location, resolution.upstream
    if server is not None:
        name = safe(server.name) or tr("(no name)")
        place = phrases((f"server    {name}", str(server.directive.where)))
        yield labelled(place, server.reason)
    if location is None:
        yield tr("location  none matches this path")
    else:
        pattern = f"{location.modifier} {location.path}".strip()
        place = phrases((f"location  {pattern}", str(location.directive.where)))
        yield labelled(place, location.reason)
    if resolution.answer is not None:
        yield _answer_line(resolution.answer)
    elif resolution.is_undecided:
        yield tr("upstream  not decided by the config")
    elif upstream is not None and upstream.kind != "static":
        peers = comma_list(upstream.peers) or tr("decided by variables")
        yield tr(
            "upstream  {passed} ({peers}), gets {request_uri}",
            passed=upstream.passed,
            peers=peers,
            request_uri=upstream.request_uri or "?",
        )

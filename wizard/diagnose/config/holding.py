"""What the config holds, late or for some clients, and what it cuts."""

from wizard.diagnose.config.finding import ConfigFinding, place
from wizard.diagnose.facts.directives import ignores_header, read_timeout_s, shutdown_timeout
from wizard.diagnose.rules.idle_read_timeout import SHORT
from wizard.model.resolution import RequestResolution
from wizard.text.display import safe, seconds


def held(resolution: RequestResolution) -> tuple[ConfigFinding | None, ...]:
    """Held or late, then cut."""
    return (
        _hold(resolution),
        _gzip(resolution),
        _ignored(resolution),
        *_limits(resolution),
        _idle(resolution),
        _reload(resolution),
    )


def _hold(resolution: RequestResolution) -> ConfigFinding | None:
    held = [
        row for row in resolution.delivery if row.result == "held" and row.encoding == "identity"
    ]
    if not held:
        return None
    kinds = ", ".join(sorted({f"{row.client} with a {row.upstream} upstream" for row in held}))
    name = f"{resolution.prefix}_buffering"
    text = f"{name} {resolution.value(name)} holds an event stream for {kinds}, unless "
    text += "the backend sends X-Accel-Buffering: no"
    return ConfigFinding("proxy-buffering-hold", place(resolution, name), text)


def _gzip(resolution: RequestResolution) -> ConfigFinding | None:
    plain = {
        (row.client, row.upstream, row.result)
        for row in resolution.delivery
        if row.encoding == "identity"
    }
    held = [row for row in resolution.delivery if row.encoding == "gzip" and row.result == "held"]
    if not any((row.client, row.upstream, "held") not in plain for row in held):
        return None
    types = safe(resolution.value("gzip_types"), 80)
    text = f"gzip with gzip_types {types} and buffering on: held for clients that accept gzip"
    return ConfigFinding("gzip-plus-buffering", place(resolution, "gzip"), text)


def _ignored(resolution: RequestResolution) -> ConfigFinding | None:
    name = f"{resolution.prefix}_ignore_headers"
    if not ignores_header(resolution, "x-accel-buffering") or not any(
        r.result == "held" for r in resolution.delivery
    ):
        return None
    value = safe(resolution.value(name), 80)
    text = f"{name} {value}: a backend's X-Accel-Buffering: no has no effect"
    return ConfigFinding("xab-ignored", place(resolution, name), text)


def _idle(resolution: RequestResolution) -> ConfigFinding | None:
    limit = read_timeout_s(resolution)
    if limit is None or limit > SHORT:
        return None
    name = f"{resolution.prefix}_read_timeout"
    text = (
        f"{name} {safe(resolution.value(name), 20)}: a silence of {seconds(limit)} ends the stream"
    )
    return ConfigFinding("idle-read-timeout", place(resolution, name), text)


def _limits(resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    told = {
        "limit_conn": "each open stream counts, and its messages need a place beside it",
        "limit_req": "a client's stream and its messages together must stay below it",
    }
    return tuple(
        ConfigFinding(
            "limits", place(resolution, name), f"{name} {safe(resolution.value(name), 80)}: {why}"
        )
        for name, why in told.items()
        if resolution.value(name)
    )


def _reload(resolution: RequestResolution) -> ConfigFinding | None:
    limit = shutdown_timeout(resolution)
    if limit is None:
        return None
    text = f"{limit.name} {safe(limit.value, 20)}: so long after a reload open streams are cut"
    return ConfigFinding("reload-cut", limit.origin, text)

"""What the config holds, late or for some clients, and what it cuts."""

from wizard.diagnose.config.finding import ConfigFinding, place
from wizard.diagnose.rules.cuts import read_timeout, shutdown_timeout
from wizard.diagnose.rules.idle_read_timeout import SHORT
from wizard.diagnose.rules.seen import buffer_prefix, ignores_header
from wizard.model.resolution import Site
from wizard.text.text import safe, seconds


def held(site: Site) -> tuple[ConfigFinding | None, ...]:
    """Held or late, then cut."""
    return _hold(site), _gzip(site), _ignored(site), *_limits(site), _idle(site), _reload(site)


def _hold(site: Site) -> ConfigFinding | None:
    held = [row for row in site.delivery if row.result == "held" and row.encoding == "identity"]
    if not held:
        return None
    kinds = ", ".join(sorted({f"{row.client} with a {row.upstream} upstream" for row in held}))
    name = f"{buffer_prefix(site)}_buffering"
    text = f"{name} {site.value(name)} holds an event stream for {kinds}, unless the backend sends "
    return ConfigFinding("proxy-buffering-hold", place(site, name), text + "X-Accel-Buffering: no")


def _gzip(site: Site) -> ConfigFinding | None:
    plain = {
        (row.client, row.upstream, row.result)
        for row in site.delivery
        if row.encoding == "identity"
    }
    held = [row for row in site.delivery if row.encoding == "gzip" and row.result == "held"]
    if not any((row.client, row.upstream, "held") not in plain for row in held):
        return None
    types = safe(site.value("gzip_types"), 80)
    text = f"gzip with gzip_types {types} and buffering on: held for clients that accept gzip"
    return ConfigFinding("gzip-plus-buffering", place(site, "gzip"), text)


def _ignored(site: Site) -> ConfigFinding | None:
    name = f"{buffer_prefix(site)}_ignore_headers"
    if not ignores_header(site, "x-accel-buffering") or not any(
        r.result == "held" for r in site.delivery
    ):
        return None
    text = f"{name} {safe(site.value(name), 80)}: a backend's X-Accel-Buffering: no has no effect"
    return ConfigFinding("xab-ignored", place(site, name), text)


def _idle(site: Site) -> ConfigFinding | None:
    limit = read_timeout(site)
    if limit is None or limit > SHORT:
        return None
    name = f"{buffer_prefix(site)}_read_timeout"
    text = f"{name} {safe(site.value(name), 20)}: a silence of {seconds(limit)} ends the stream"
    return ConfigFinding("idle-read-timeout", place(site, name), text)


def _limits(site: Site) -> tuple[ConfigFinding, ...]:
    told = {
        "limit_conn": "each open stream counts, and its messages need a place beside it",
        "limit_req": "a client's stream and its messages together must stay below it",
    }
    return tuple(
        ConfigFinding("limits", place(site, name), f"{name} {safe(site.value(name), 80)}: {why}")
        for name, why in told.items()
        if site.value(name)
    )


def _reload(site: Site) -> ConfigFinding | None:
    limit = shutdown_timeout(site)
    if limit is None:
        return None
    text = f"{limit.name} {safe(limit.value, 20)}: so long after a reload open streams are cut"
    return ConfigFinding("reload-cut", limit.origin, text)

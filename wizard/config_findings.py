"""What the config alone foretells, by the catalogue's ids: the findings of `inspect`."""

from dataclasses import dataclass

from wizard.nginx.site import Site
from wizard.rules.cuts import read_timeout
from wizard.rules.idle_read_timeout import SHORT
from wizard.rules.seen import buffer_prefix, ignores_header
from wizard.text import safe, seconds


@dataclass(frozen=True, slots=True)
class ConfigFinding:
    """One failure mode that the config invites. `where` is a file and line, or a default's."""

    id: str
    where: str
    text: str


def config_findings(site: Site) -> tuple[ConfigFinding, ...]:
    """The findings in the catalogue's order; none where the path is not proxied."""
    if site.upstream is None or site.upstream.kind == "static":
        return ()
    found = (_hold(site), _gzip(site), _ignored(site), _idle(site))
    return tuple(finding for finding in found if finding)


def _place(site: Site, name: str) -> str:
    """Where a setting stands; where it is a default, the location that could set it."""
    setting = site.effective.get(name)
    if setting and setting.where:
        return str(setting.where)
    return str(site.location.directive.where) if site.location else site.config.main


def _hold(site: Site) -> ConfigFinding | None:
    held = [row for row in site.delivery if row.result == "held" and row.encoding == "identity"]
    if not held:
        return None
    kinds = ", ".join(sorted({f"{row.client} with a {row.upstream} upstream" for row in held}))
    name = f"{buffer_prefix(site)}_buffering"
    text = f"{name} {site.value(name)} holds an event stream for {kinds}, unless the backend sends "
    return ConfigFinding("proxy-buffering-hold", _place(site, name), text + "X-Accel-Buffering: no")


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
    return ConfigFinding("gzip-plus-buffering", _place(site, "gzip"), text)


def _ignored(site: Site) -> ConfigFinding | None:
    name = f"{buffer_prefix(site)}_ignore_headers"
    if not ignores_header(site, "x-accel-buffering") or not any(
        r.result == "held" for r in site.delivery
    ):
        return None
    text = f"{name} {safe(site.value(name), 80)}: a backend's X-Accel-Buffering: no has no effect"
    return ConfigFinding("xab-ignored", _place(site, name), text)


def _idle(site: Site) -> ConfigFinding | None:
    limit = read_timeout(site)
    if limit is None or limit > SHORT:
        return None
    name = f"{buffer_prefix(site)}_read_timeout"
    text = f"{name} {safe(site.value(name), 20)}: a silence of {seconds(limit)} ends the stream"
    return ConfigFinding("idle-read-timeout", _place(site, name), text)

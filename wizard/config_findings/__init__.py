"""What the config alone foretells, by the catalogue's ids: the findings of `inspect`."""

from wizard.config_findings.finding import ConfigFinding
from wizard.config_findings.holding import held
from wizard.config_findings.ways import astray, missed
from wizard.nginx.site import Site

__all__ = ["ConfigFinding", "config_findings"]


def config_findings(site: Site) -> tuple[ConfigFinding, ...]:
    """The findings in the catalogue's order; where the path is not proxied, only which location
    was meant to."""
    if site.upstream is None or site.upstream.kind == "static":
        found = missed(site)
    else:
        found = (*held(site), *missed(site), *astray(site))
    return tuple(finding for finding in found if finding)

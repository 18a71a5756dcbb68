"""What the config alone foretells, by the catalogue's ids: the findings of `inspect`."""

from wizard.diagnose.config.finding import ConfigFinding
from wizard.diagnose.config.holding import held
from wizard.diagnose.config.ways import astray, missed
from wizard.model.resolution import Site

__all__ = ["ConfigFinding", "config_findings"]


def config_findings(site: Site) -> tuple[ConfigFinding, ...]:
    """The findings in the catalogue's order; where the path is not proxied, only which location
    was meant to."""
    if site.upstream is None or site.upstream.kind == "static":
        found = missed(site)
    else:
        found = (*held(site), *missed(site), *astray(site))
    return tuple(finding for finding in found if finding)

"""What the config alone foretells, by the catalogue's ids: the findings of `inspect`."""

from wizard.diagnose.config.finding import ConfigFinding
from wizard.diagnose.config.holding import held
from wizard.diagnose.config.ways import astray, missed
from wizard.model.resolution import RequestResolution

__all__ = ["ConfigFinding", "config_findings"]


def config_findings(resolution: RequestResolution) -> tuple[ConfigFinding, ...]:
    """The findings in the catalogue's order; where the path is not proxied, only which location
    was meant to."""
    if resolution.upstream is None or resolution.upstream.kind == "static":
        found = missed(resolution)
    else:
        found = (*held(resolution), *missed(resolution), *astray(resolution))
    return tuple(finding for finding in found if finding)

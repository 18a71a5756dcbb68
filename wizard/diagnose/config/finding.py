"""What the config alone foretells, as a value."""

from dataclasses import dataclass

from wizard.model.resolution import RequestResolution


@dataclass(frozen=True, slots=True)
class ConfigFinding:
    """One failure mode that the config invites. `where` is a file and line, or a default's."""

    id: str
    where: str
    text: str


def place(resolution: RequestResolution, name: str) -> str:
    """Where a setting stands; where it is a default, the location that could set it."""
    setting = resolution.settings.get(name)
    if setting and setting.where:
        return str(setting.where)
    return (
        str(resolution.location.directive.where) if resolution.location else resolution.config.main
    )

"""Places to choose from: what kubectl, ssh, docker and ip know here, one list after the other."""

from wizard.vantage.presets.local import kinds
from wizard.vantage.presets.menu import Choice, Listed, Menu, Preset

__all__ = ["Choice", "Listed", "Menu", "Preset", "kinds"]

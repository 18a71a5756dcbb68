"""Places to choose from: what kubectl, ssh, docker and ip know here, one list after the other."""

from wizard.vantage.presets.local import list_kinds
from wizard.vantage.presets.menu import Choice, Listing, Menu, Preset

__all__ = ["Choice", "Listing", "Menu", "Preset", "list_kinds"]

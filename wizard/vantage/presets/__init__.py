"""Menus of places that kubectl, ssh, docker, podman and ip on this machine can reach."""

from wizard.vantage.presets.local import list_kinds
from wizard.vantage.presets.menu import Choice, Listing, Menu, Preset

__all__ = ["Choice", "Listing", "Menu", "Preset", "list_kinds"]

"""The command line. Runs without a screen: `screens` hands in what opens the wizard."""

from wizard.cli.main import OpenWizard, main

__all__ = ["OpenWizard", "main"]

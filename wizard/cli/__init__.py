"""The command line. Runs without a screen: the wizard is handed in by `screens`."""

from wizard.cli.hooks import OpenWizard
from wizard.cli.main import main

__all__ = ["OpenWizard", "main"]

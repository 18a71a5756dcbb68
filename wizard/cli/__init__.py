"""The command line: `contract.md` to the letter. Headless; the wizard is handed in."""

from wizard.cli.commands import ApplyFix, OpenWizard
from wizard.cli.main import main

__all__ = ["ApplyFix", "OpenWizard", "main"]

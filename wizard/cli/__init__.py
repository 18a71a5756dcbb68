"""The command line: `contract.md` to the letter. Headless; the wizard is handed in."""

from wizard.cli.main import ApplyFix, OpenWizard, main

__all__ = ["ApplyFix", "OpenWizard", "main"]

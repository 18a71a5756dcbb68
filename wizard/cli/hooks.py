"""The function that the command line is given by its caller: how to open the wizard."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from wizard.model.target import Target

if TYPE_CHECKING:
    from wizard.investigation.investigation import ApplyFix, Investigation


OpenWizard = Callable[["Target | Investigation | None", "ApplyFix | None"], int]
"""Opens the wizard on a target, on an investigation or on its form (None), and returns the exit
status. Only the lab gives the second argument, which applies a diff to the lab's own Nginx."""

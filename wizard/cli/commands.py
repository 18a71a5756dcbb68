"""What the command line is handed by its caller: how to open the wizard, how to apply a fix."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wizard.model.target import Target

if TYPE_CHECKING:
    from wizard.investigation.investigation import Investigation


ApplyFix = Callable[[str], Awaitable[str]]
OpenWizard = Callable[["Target | Investigation | None", ApplyFix | None], int]
"""Opens the wizard, filled in or on what is known, and returns the exit status. The second
argument, given by the lab alone, applies a diff to the lab's own config and reloads its Nginx."""

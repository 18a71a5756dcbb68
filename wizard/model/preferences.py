"""How the wizard looks and which keys it has, as the user's config file says."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the config file says about the wizard itself.

    Attributes:
        theme: The name of a theme; empty if the file names none.
        mouse: False if clicks and the wheel are left to the terminal.
        keys: The keys of actions, by the id of the action: `{"steps.all": "A"}`.
        file: The name of the file, for messages.
    """

    theme: str = ""
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


DEFAULTS = Preferences()
"""What counts without a config file."""

"""One vantage in use: what the place has is found out once, and shared by all that look from it."""

from wizard.vantage.equipment import Equipment
from wizard.vantage.vantage import Vantage


class Outpost:
    """A vantage in use.

    Attributes:
        known: What was found out there; None until somebody asked.
    """

    def __init__(self, vantage: Vantage) -> None:
        self.vantage = vantage
        self.known: Equipment | None = None

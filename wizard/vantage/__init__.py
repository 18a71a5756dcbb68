"""Looking from another place with what is already there: any command prefix is a vantage.

`vantage` is the value, `command` runs a command there, `outpost` is one place in use: what it has
was found out once. Nothing is installed there and nothing is left running there.
"""

from wizard.vantage.equipment import Equipment
from wizard.vantage.vantage import Vantage

__all__ = ["Equipment", "Vantage"]

"""Case files: all that was given and seen, to be shown again where there is no network.

What was concluded is not stored but recomputed; of secrets nothing is stored but which of them
are the same.
"""

from wizard.investigation.casefile.document import dump, load
from wizard.investigation.casefile.files import LARGEST, read, read_bytes, write
from wizard.investigation.casefile.record import Record, named

__all__ = ["LARGEST", "Record", "dump", "load", "named", "read", "read_bytes", "write"]

"""Case files: everything given to and collected by one investigation, stored without secrets.

What was concluded is computed again on opening. Of secrets only their equality is kept.
"""

from wizard.investigation.casefile.decode import MAX_FILE_BYTES
from wizard.investigation.casefile.reader import load, read, read_bytes, read_summary
from wizard.investigation.casefile.record import CaseRecord, CaseSummary, cause_labels
from wizard.investigation.casefile.writer import dump, write, write_private

__all__ = [
    "MAX_FILE_BYTES",
    "CaseRecord",
    "CaseSummary",
    "cause_labels",
    "dump",
    "load",
    "read",
    "read_bytes",
    "read_summary",
    "write",
    "write_private",
]

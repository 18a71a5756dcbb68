"""`ssewizard open`: a case file shown again."""

import argparse
import sys
from typing import TYPE_CHECKING

from wizard.cli.check import report_of, status_of
from wizard.cli.output import check_writable, write_report
from wizard.investigation import casefile
from wizard.investigation.saved import SavedInvestigation
from wizard.model.parse import parse_header
from wizard.text.errors import UsageError

if TYPE_CHECKING:
    from wizard.cli.hooks import OpenWizard


def open_case(given: argparse.Namespace, open_wizard: "OpenWizard") -> int:
    """Show a case file: in the wizard, or as a report where a form or a file for it is named, or
    where there is no terminal. Raises `UsageError`; nothing is asked of any server."""
    check_writable(given.output)
    known = SavedInvestigation(_record(given.file))
    if given.header:
        known.give_headers(tuple(parse_header(text) for text in given.header))
    if given.format is None and given.output is None and _has_terminal():
        return open_wizard(known, None)
    known.conclude()
    write_report(
        report_of(known, given.format or "text", given.output, known.elapsed_s), given.output
    )
    return status_of(known)


def _record(file: str) -> casefile.CaseRecord:
    """What the file holds, or standard input (`-`)."""
    if file != "-":
        return casefile.read(file)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("-: a case comes from a file or a pipe, not from a terminal")
    return casefile.read_bytes(sys.stdin.buffer.read(casefile.MAX_FILE_BYTES + 1), "standard input")


def _has_terminal() -> bool:
    return all(one is not None and one.isatty() for one in (sys.stdin, sys.stdout))

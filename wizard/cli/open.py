"""`ssewizard open FILE`: show the investigation in a case file."""

import argparse
import sys
from collections.abc import Callable

from wizard.cli.check import exit_status, is_terminal, report_of
from wizard.cli.output import check_writable, write_report
from wizard.cli.request import command_of, with_body
from wizard.cli.stdin import read_stdin
from wizard.investigation import casefile
from wizard.investigation.saved import SavedInvestigation
from wizard.model.client_request import ClientRequest
from wizard.model.parse import parse_header
from wizard.text.messages import tr


def open_case(
    options: argparse.Namespace, open_wizard: Callable[[SavedInvestigation, None], int]
) -> int:
    """Show a case file without sending a request; return the exit status. Raises `UsageError`.

    It is shown as a report if a format or an output file is given or if there is no terminal, else
    in the wizard.
    """
    check_writable(options.output)
    investigation = SavedInvestigation(_read(options.file))
    headers = tuple(parse_header(text) for text in options.header)
    request = with_body(ClientRequest(headers=headers), options.data).or_else(command_of(options))
    if request.headers or request.body is not None:
        investigation.give_request(request)
    wants_report = options.format is not None or options.output is not None
    if not wants_report and is_terminal(sys.stdin) and is_terminal(sys.stdout):
        return open_wizard(investigation, None)
    investigation.conclude()
    format = options.format or "text"
    report = report_of(investigation, format, options.output, investigation.elapsed_s)
    write_report(report, options.output)
    return exit_status(investigation)


def _read(file: str) -> casefile.CaseRecord:
    if file != "-":
        return casefile.read(file)
    data = read_stdin(casefile.MAX_FILE_BYTES, "-", "a case")
    return casefile.read_bytes(data, tr("standard input"))

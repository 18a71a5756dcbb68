"""The table of all incidents: what their clients saw, and what the tool said."""

import os
from pathlib import Path

import pytest

ROWS: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the row of a test that ran; write it at once where a file is named for that."""
    if report.when != "call" or "PYTEST_XDIST_WORKER" in os.environ:
        return  # the main process gets the reports of all workers
    outcome = "known" if hasattr(report, "wasxfail") and report.skipped else report.outcome
    rows = [f"{outcome:7} {text}" for name, text in report.user_properties if name == "row"]
    ROWS.extend(rows)
    if path := os.environ.get("SSEWIZARD_SERVERS_TABLE"):
        with Path(path).open("a", encoding="utf-8") as table:
            table.writelines(f"{row}\n" for row in rows)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line for each incident; `known` is an answer that is marked as wrong so far."""
    if ROWS:
        terminalreporter.section("real servers: clients | tool")
    for row in sorted(ROWS, key=lambda row: row[8:]):
        terminalreporter.write_line(row)

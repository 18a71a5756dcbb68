"""The table of all incidents at the end of the run."""

import os

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line per incident: what its clients saw, and what the tool said."""
    rows = []
    for kind in ("passed", "failed", "xfailed", "xpassed"):
        for report in terminalreporter.getreports(kind):
            rows += [f"{kind:7} {text}" for name, text in report.user_properties if name == "row"]
    if not rows:
        return
    terminalreporter.section("real servers: clients | tool")
    for line in sorted(rows, key=lambda line: line[8:]):
        terminalreporter.write_line(line)
    if path := os.environ.get("SSEWIZARD_SERVERS_TABLE"):
        with open(path, "w", encoding="utf-8") as table:
            table.write("\n".join(rows) + "\n")

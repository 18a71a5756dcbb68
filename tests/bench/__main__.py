"""Run all measurements, and print the results."""

import sys

from tests.bench.check import HELD, STEADY, measure_check
from tests.bench.config import CONFIG_LINES, measure_config
from tests.bench.decoder import EVENT, EVENT_COUNT, measure_decoder
from tests.bench.start import measure_start
from tests.bench.terminal import FLOOD_PER_S, measure_bytes, measure_flood


def main() -> None:
    """Run all measurements and print a table."""
    for title, rows in (
        ("From the start to the first frame", measure_start()),
        ("From the start of `ssewizard check` on the incident to its end", measure_check(*HELD)),
        ("The same on a healthy stream with steady events", measure_check(*STEADY)),
        (f"Decoder: {EVENT_COUNT:,} events of {len(EVENT)} bytes", measure_decoder()),
        ("Written to a terminal of 80x24, and beside the characters that change", measure_bytes()),
        (f"The live pane while {FLOOD_PER_S:,} events a second come", measure_flood()),
        (f"A config of {CONFIG_LINES:,} lines: read and resolved", measure_config()),
    ):
        sys.stdout.write(f"{title}\n")
        sys.stdout.writelines(f"  {name:<44}{value:>14}\n" for name, value in rows)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()

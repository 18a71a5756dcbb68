"""What was found out at a vantage: values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a place has, found out once.

    Attributes:
        vantage: The vantage's name.
        tool: What asks for URLs there: `curl`, `wget`, `python3`, `bash` (its /dev/tcp) or `nc`;
            empty where there is none of them.
        version: The tool in its own words: `curl 7.88.1`.
        round_trip_s: Seconds from a line sent there to its echo, the shortest of a few; None
            where it was not measured.
        skew_s: How far that clock is ahead of this one, in seconds; None where not measured.
        skew_within_s: How exact that is: half the round trip, and the clock's own resolution.
        zone: That place's time zone, as `+0100`; empty where it does not say.
        problem: Why the place cannot be used, in one sentence; empty if it can.
    """

    vantage: str
    tool: str = ""
    version: str = ""
    round_trip_s: float | None = None
    skew_s: float | None = None
    skew_within_s: float | None = None
    zone: str = ""
    problem: str = ""

"""The numbers that options take; what is none is an `ArgumentTypeError`."""

import argparse
import math


def seconds(text: str) -> float:
    """Seconds, from 0 to a day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400 or math.isnan(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 86400")
    return value


def positive(text: str) -> float:
    """Seconds, more than none."""
    if (value := seconds(text)) == 0:
        raise argparse.ArgumentTypeError("0 seconds is no wait")
    return value


def count(text: str) -> int:
    """How many at a time."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 64")
    return int(text)


def port(text: str) -> int:
    """A port's number."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)

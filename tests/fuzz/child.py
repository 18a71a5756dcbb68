"""One property in the hands of atheris: `python -m tests.fuzz.child NAME OPTION…`."""

import sys

import atheris

from tests.fuzz.targets import FUZZED


def main() -> None:
    """Fuzz the property until the time is over or it is broken; the process ends with it."""
    name, *options = sys.argv[1:]
    # What is imported here tells atheris which branches an input takes.
    with atheris.instrument_imports(include=["wizard"], enable_loader_override=False):
        check = FUZZED[name].check
    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

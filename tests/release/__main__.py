"""Build the sdist, the wheel and the SBOM: `python -m tests.release FOLDER`, by `make dist`."""

import sys
from pathlib import Path

from tests.release.build import build

if __name__ == "__main__":
    for path in build(Path(__file__).parents[2], Path(sys.argv[1])):
        sys.stdout.write(f"{path}\n")

"""`python -m ssewizard`: the wheel has this file as `ssewizard.py`, and only there."""

import sys

from screens.__main__ import main

if __name__ == "__main__":
    sys.exit(main())

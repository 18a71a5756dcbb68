"""Generated documentation and the checks of it; `python -m tests.docs` writes it."""

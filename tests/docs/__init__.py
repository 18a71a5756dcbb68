"""The reference pages: `python -m tests.docs` writes them."""

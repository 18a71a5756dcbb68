"""`python -m tests.picture` draws the README's picture with the app itself."""

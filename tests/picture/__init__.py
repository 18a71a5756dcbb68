"""The README's picture, made by the app itself on the lab's incident: `python -m tests.picture`."""

"""Facts about a case, as rules need them: each computed from what was measured or read."""

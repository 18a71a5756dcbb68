"""Text safe to show, redaction, config tokens, bounded file access, and the exception classes."""

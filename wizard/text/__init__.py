"""Text safe to show, bounded file access, and the exception classes."""

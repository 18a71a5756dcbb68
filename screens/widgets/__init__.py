"""Widgets and drawing helpers that the screens share."""

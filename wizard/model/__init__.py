"""Frozen values that every package shares, and parsing of what the user gave.

`Target`: what the user gave. `Timeline`: everything one request did. `RequestResolution`: what
Nginx's config does with one request. `Case`: all evidence of one investigation. `Diagnosis`: the
findings, and `Recommendation`: what to change.
"""

"""Nginx's config as Nginx reads it.

`load` reads a config and `fetch` brings one from a running Nginx or a vantage; `resolve` answers
what Nginx does with one request. `servers`, `route`, `locations`, `settings`, `upstream` and
`delivery` hold one part of that answer each, and `prediction` compares it with probes. `parse` is
the only module that uses crossplane.
"""

"""Nginx's config as Nginx reads it.

`load` reads a config and `fetch` brings one from a running Nginx or a vantage; `resolve` answers
what Nginx does with one request. `servers`, `locations`, `settings`, `upstream`, `body_filters` and
`delivery` hold one part of that answer each; `phases` takes a `route` through them, by `rewrites`
and `conditions` with the `variables` of the request, `error_pages` and what `known_directives`
tells. `prediction` compares the answer with probes. `parse` is the only module that uses
crossplane; `lua_blocks` takes out what it cannot read.
"""

"""Nginx's config as Nginx reads it.

`load` reads a config and `fetch` brings one from a running Nginx or a vantage; `resolve` answers
what Nginx does with one request. `servers`, `locations`, `settings`, `upstream`, `body_filters` and
`delivery` hold one part of that answer each; `phases` takes a `route` through them, by `rewrites`
and `conditions` with the `variables` of the request, `error_pages` and what `known_directives`
tells. `near_misses` names the locations that nearly serve a path. `prediction` compares the answer
with probes. `words` splits a config's text as Nginx does, and `parse` makes the tree.
"""

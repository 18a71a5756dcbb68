"""From a case to its diagnosis.

- `outcome`: one probe, compared with the direct ones
- `hops`: where the stream stops between the public URL and the backend
- `rules`: the failure modes, one module and one text each; `rule` says what a rule is
- `facts`: what rules compute from a case
- `diagnose`: all rules over a case; all that a config alone leads to
"""

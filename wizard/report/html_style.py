"""The style of the HTML report: light and dark, without anything from another server."""

STYLE = """
:root { color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f6f8; --ink: #1b1f24; --quiet: #5c6570; --line: #d5d9de;
  --ok: #1a7f37; --look: #8a5a00; --fault: #c1232f; --accent: #0b62c4;
  --connect: #8993a0; --wait: #d9a441; --data: #2f9e5b; --silence: #c3c9d1; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14171b; --panel: #1d2127; --ink: #e4e8ed; --quiet: #98a2ae; --line: #353b44;
  --ok: #4cc26b; --look: #e0ad4a; --fault: #ff6b6b; --accent: #6cb2ff;
  --connect: #7b8694; --wait: #c98f2a; --data: #3fb56e; --silence: #424a55; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 62rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.35; margin: 0.3rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.6rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.3rem; }
p { margin: 0.4rem 0; } ul { margin: 0.4rem 0; padding-left: 1.2rem; }
code, pre, svg text { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
code { font-size: 0.9em; } .quiet { color: var(--quiet); }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  padding: 0.7rem; overflow-x: auto; font-size: 0.85rem; line-height: 1.4; }
.chip { display: inline-block; border-radius: 4px; padding: 0.1rem 0.6rem; font-weight: 700;
  color: var(--ground); background: var(--look); }
.chip.ok { background: var(--ok); } .chip.fault { background: var(--fault); }
.ok { color: var(--ok); } .look { color: var(--look); } .fault { color: var(--fault); }
.chip.ok, .chip.look, .chip.fault { color: var(--ground); }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0;
  border-bottom: 1px solid var(--line); }
td:first-child, th { white-space: nowrap; overflow-wrap: normal; }
th { color: var(--quiet); font-weight: 600; }
details { margin: 0.8rem 0; border: 1px solid var(--line); border-radius: 6px; padding: 0 0.8rem; }
summary { cursor: pointer; padding: 0.5rem 0; font-weight: 600; }
.added { color: var(--ok); } .removed { color: var(--fault); }
svg { width: 100%; height: auto; display: block; }
svg text { font-size: 12px; fill: var(--ink); } svg text.quiet { fill: var(--quiet); }
svg .axis { stroke: var(--line); } svg .connect { fill: var(--connect); }
svg .wait { fill: var(--wait); } svg .data { fill: var(--data); }
svg .silence { fill: var(--silence); } svg .arrival { stroke: var(--ink); }
svg .end { stroke: var(--fault); stroke-width: 3; }
@media print { details { border: 0; } }
"""

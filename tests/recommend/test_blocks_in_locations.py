"""A block, such as that of an `if`, among the lines of a location."""

import pytest

from tests.recommend.builders import resolution_of
from wizard.model.change import Change
from wizard.recommend.carve import fix_path
from wizard.recommend.patch import apply_edits
from wizard.recommend.rewrite import Rewrite
from wizard.recommend.source import read_statements

ANSWER = Change(
    "if", "($request_method = OPTIONS)", "why", block=("add_header A b;", "return 204;")
)
LOCATIONS = {
    "on lines": "location = /sse {\n  rewrite ^ /x break;\n  proxy_pass http://b;\n}\n",
    "on one line": "location = /sse { rewrite ^ /x break; proxy_pass http://b; }\n",
    "carved": "location / {\n  rewrite ^ /x break;\n  proxy_pass http://b;\n}\n",
    "written otherwise": "location = /sse {\n  if ( $request_method = 'OPTIONS' ) { return 405; }\n"
    "  rewrite ^ /x break;\n  proxy_pass http://b;\n}\n",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
def test_a_block_comes_first(location: str) -> None:
    """Nginx evaluates it before a `break` then, and one of the same condition is replaced."""
    text = f"server {{\n{location}}}\n"
    name = "/" if "= /sse" not in location else "= /sse"
    resolution = resolution_of(text, name)
    assert resolution.location
    fix = fix_path(resolution, resolution.location, Rewrite.of([ANSWER]), "it")
    assert fix
    edited = apply_edits(text, [edit for block in fix.blocks for edit in block.edits])
    (server,) = read_statements(edited)
    served = next(child for child in server.children if child.args == ("=", "/sse"))
    first, *others = served.children
    assert (first.name, [child.name for child in first.children]) == (
        "if",
        ["add_header", "return"],
    )
    assert [child.name for child in others] == ["rewrite", "proxy_pass"]


def test_its_lines_are_indented() -> None:
    text = f"server {{\n    {LOCATIONS['on lines'].replace(chr(10), chr(10) + '    ')}}}\n"
    resolution = resolution_of(text, "= /sse")
    assert resolution.location
    fix = fix_path(resolution, resolution.location, Rewrite.of([ANSWER]), "it")
    assert fix
    edited = apply_edits(text, [edit for block in fix.blocks for edit in block.edits])
    assert "\n      if ($request_method = OPTIONS) {\n          add_header A b;\n" in edited
    assert "\n      }\n      rewrite" in edited

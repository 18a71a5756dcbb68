"""What CONTRIBUTING.md and docs/architecture.md say of the code."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_no_source_file_is_longer_than_contributing_says() -> None:
    named = re.search(r"Files of at most (\d+) lines", CONTRIBUTING)
    assert named
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for package in ("wizard", "screens")
        for path in (ROOT / package).rglob("*.py")
    }
    assert {path: lines for path, lines in lengths.items() if lines > int(named[1])} == {}


def test_the_list_of_facts_names_each_module() -> None:
    folder = ROOT / "wizard" / "diagnose" / "facts"
    listed = re.findall(r"^- `(\w+)`:", (folder / "__init__.py").read_text("utf-8"), re.MULTILINE)
    assert Counter(listed) == Counter(
        path.stem for path in folder.glob("*.py") if path.stem != "__init__"
    )


def test_where_to_look_asks_each_question_once() -> None:
    table = ARCHITECTURE.partition("## Where to look")[2]
    questions = re.findall(r"^\| ([^|]+\?) \|", table, re.MULTILINE)
    assert len(questions) > 20
    assert [each for each, count in Counter(questions).items() if count > 1] == []

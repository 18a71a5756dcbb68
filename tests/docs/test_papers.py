"""The pages of the repository: links lead somewhere, YAML parses, no missing document is cited."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", ".github/**/*.md", "docs/**/*.md", "wizard/diagnose/rules/*.md")
    for path in ROOT.glob(pattern)
)
YAML = sorted(
    path
    for pattern in (".github/**/*.y*ml", ".pre-commit-config.y*ml", "docs/**/*.y*ml")
    for path in ROOT.glob(pattern)
)
FORMS = sorted(path for path in ROOT.glob(".github/ISSUE_TEMPLATE/*.yml") if path.stem != "config")

_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?\1", re.DOTALL)
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|^mailto:")
_PATH = re.compile(r"`((?:wizard|screens|tests|docs)/[\w./-]*\w/?)`")
GENERATED = {
    "wizard/diagnose/rules/outer_proxy_strips_header.py",
    "wizard/diagnose/rules/outer_proxy_strips_header.md",
    "tests/rules/samples/outer_proxy_strips_header.py",
}
"""Named in the walk-through for contributors, who write them."""
_CITED = re.compile(r"[\w./-]*\w\.md\b")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def links(page: Path) -> Iterator[tuple[str, str]]:
    """The page's relative links, as path and anchor."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text("utf-8")))
    for target in _LINK.findall(text):
        if not _URL.match(target):
            path, _, anchor = target.partition("#")
            yield unquote(path), unquote(anchor)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text, found = _FENCE.sub("", page.read_text("utf-8")), list[str]()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = sum(
            re.fullmatch(rf"{re.escape(slug)}(-\d+)?", known) is not None for known in found
        )
        found.append(f"{slug}-{count}" if count else slug)
    return set(found)


def broken(page: Path) -> list[str]:
    """The page's relative links that lead nowhere."""
    wrong = []
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(f"{path}#{anchor}" if anchor else path)
    return wrong


def missing(page: Path) -> list[str]:
    """The Markdown files that the page names and the repository does not have."""
    cited = _CITED.findall(_URL.sub("", page.read_text("utf-8")))
    places = (page.parent, ROOT)
    cited = [path for path in cited if path not in GENERATED]
    return [path for path in cited if not any((place / path).is_file() for place in places)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_cites_a_document_that_is_not_here(page: Path) -> None:
    assert missing(page) == []


def test_broken_links_and_missing_documents_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b`: c\n## d\n## d\n"
        "[1](#a-b-c) [2](#d-1) [3](page.md#d) [4](https://example.com/no.md) `[5](no.md)`\n"
        "[6](#d-2) [7](none.md) [8](page.md#e)\n",
        "utf-8",
    )
    assert broken(page) == ["#d-2", "none.md", "page.md#e"]
    assert missing(page) == ["no.md", "none.md"]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_of_the_repository_that_a_page_names_exists(page: Path) -> None:
    paths = set(_PATH.findall(page.read_text("utf-8"))) - GENERATED
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_the_table_of_packages_is_the_import_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    table = (ROOT / "docs/architecture.md").read_text("utf-8").partition("| package |")[2]
    rows = re.findall(r"^\| `(wizard/\w+)` \|", table, re.MULTILINE)
    assert rows == [layer.replace(".", "/") for layer in reversed(layers)]
    folders = {path.parent.name for path in ROOT.glob("wizard/*/__init__.py")}
    assert folders == {row.removeprefix("wizard/") for row in rows}
    assert [path.name for path in ROOT.glob("wizard/*.py")] == ["__init__.py"]


@pytest.mark.parametrize("path", YAML, ids=name)
def test_yaml_parses(path: Path) -> None:
    assert all(yaml.safe_load_all(path.read_text("utf-8")))


@pytest.mark.parametrize("path", FORMS, ids=name)
def test_an_issue_form_has_a_name_and_asks_each_thing_once(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert form["name"]
    assert form["description"]
    assert len(ids) == len(set(ids)) > 0


def test_ci_runs_what_the_repository_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    job = workflow["jobs"]["check"]
    assert workflow["permissions"] == {"contents": "read"}
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]


def test_hooks_use_the_projects_own_tools() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert all(hook["language"] == "system" for hook in hooks)
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks)

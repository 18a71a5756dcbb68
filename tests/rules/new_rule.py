"""Write the skeleton of a rule: `make new-rule ID=some-id`.

It writes the rule, its text and its sample cases. Nothing else has to be registered. The tests in
tests/rules and tests/docs fail, each with what to do, until every TODO is replaced.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULES = Path("wizard/diagnose/rules")
SAMPLES = Path("tests/rules/samples")
TODO = "TODO"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_RULE = '''"""TODO: what goes wrong, in one sentence."""

from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Finding, Fix


def check(rule: Rule, case: Case) -> Finding | None:
    """TODO: what the case must show. Copy the shape of the nearest rule."""
    # from wizard.diagnose.facts.evidence import result_evidence
    # return rule.finding("likely", (result_evidence(case.proxy[0]),), "What no other cause shows.")
    return None


RULE = Rule(
    id="{id}",
    stage=Stage.ROUTE,  # TODO: the nearest stage of the request's path
    fix=Fix("TODO: the fix in one sentence", "nginx"),  # or "backend", "client", "outer-proxy"
    check=check,
    # TODO: optional: check_config, settings, explains, seen_here (see wizard/diagnose/rule.py)
)
'''
_TEXT = """# {id}: TODO: what is wrong, in a few words

## What it is

TODO

## Why it hurts

TODO

## What shows it

TODO

## The fix

TODO

## What does not help

TODO

## References

- <https://TODO>
"""
_SAMPLES = '''"""Samples of {id}."""

from wizard.model.case import Case


def fires() -> Case:
    """TODO: a case in which {id} is the primary cause, likely or confirmed."""
    # from tests.rules.samples.build import make_case
    # return make_case(proxy="held", direct="live", settings={{"proxy_buffering": "on"}})
    raise NotImplementedError("write fires() with tests/rules/samples/build.py")


def silent() -> Case:
    """TODO: a look-alike, which must not be blamed on {id}."""
    raise NotImplementedError("write silent() with tests/rules/samples/build.py")
'''


def skeleton(id: str) -> dict[Path, str]:
    """The texts of the new files by their path in the repository.

    Raises:
        ValueError: The id is not made of lower-case words with dashes.
    """
    if not _ID.fullmatch(id):
        raise ValueError(f"{id!r} is not an id: use lower-case words with dashes, as in auth-gate")
    module = id.replace("-", "_")
    return {
        RULES / f"{module}.py": _RULE.format(id=id),
        RULES / f"{module}.md": _TEXT.format(id=id),
        SAMPLES / f"{module}.py": _SAMPLES.format(id=id),
    }


def write(id: str, root: Path = ROOT) -> list[Path]:
    """Write the skeleton below `root` and return the paths; overwrites nothing.

    Raises:
        ValueError: As `skeleton`, or a file exists.
    """
    texts = skeleton(id)
    for path in texts:
        if (root / path).exists():
            raise ValueError(f"{path} exists")
    for path, text in texts.items():
        (root / path).write_text(text, "utf-8")
    return list(texts)


def main(arguments: list[str]) -> int:
    """Write the skeleton and print what to do next; return the exit status."""
    if not any(arguments):
        print("usage: make new-rule ID=some-id", file=sys.stderr)  # noqa: T201
        return 2
    try:
        paths = write(arguments[0])
    except ValueError as error:
        print(f"new-rule: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print("\n".join(f"wrote {path}" for path in paths))  # noqa: T201
    print("Replace each TODO, then: make docs, .venv/bin/python -m pytest tests/rules tests/docs")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

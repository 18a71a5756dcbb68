"""`check --look`: whether /sse or /mcp is meant, where the URL has no path."""

import asyncio
import sys
from dataclasses import replace

from wizard.cli.check import is_terminal
from wizard.cli.output import print_error
from wizard.model.target import Target
from wizard.probe.path_search import ask_usual_paths, has_path, only_stream, usual_urls
from wizard.text.display import safe
from wizard.text.messages import tr

_QUESTION = tr(
    "The URL has no path. Ask {} and {} with a GET each, to see which one streams? [y/N] "
)
_YES = ("y", "yes")
_MAX_ANSWER_CHARS = 80


def with_usual_path(target: Target, *, is_allowed: bool) -> Target:
    """The target with the only usual path that answers as an event stream; else the same.

    Two GETs are sent, if they are allowed: by the option, or by the answer to a question in the
    terminal. What answered is printed on standard error.
    """
    is_plain = target.method == "GET" and not target.upgrade
    if has_path(target) or not is_plain or not (is_allowed or _may_look(target)):
        return target
    answers = asyncio.run(ask_usual_paths(target))
    for answer in answers:
        print_error(f"{safe(answer.url, 200)}: {answer.answer}")
    url = only_stream(answers)
    if url is None:
        several = any(answer.is_stream for answer in answers)
        problem = tr("both are event streams") if several else tr("neither is an event stream")
        print_error(
            tr(
                "ssewizard: {problem}, so {url} is checked as it is",
                problem=problem,
                url=safe(target.url, 200),
            )
        )
        return target
    print_error(tr("ssewizard: {url} is the event stream, so it is checked", url=safe(url, 200)))
    return replace(target, url=url)


def _may_look(target: Target) -> bool:
    """Ask in the terminal; no without one."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    sys.stderr.write(_QUESTION.format(*(safe(url, 200) for url in usual_urls(target))))
    sys.stderr.flush()
    return sys.stdin.readline(_MAX_ANSWER_CHARS).strip().lower() in _YES

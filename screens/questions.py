"""Questions for the prompt: the inputs of a step, and file names."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from screens.widgets.prompt import Question
from wizard.investigation import casefile
from wizard.investigation.casefile import CaseRecord
from wizard.model.diagnosis import Recommendation
from wizard.model.parse import (
    check_url,
    is_curl,
    is_websocket,
    parse_conf,
    parse_hops,
    parse_log,
    parse_url,
)
from wizard.model.steps import StepId
from wizard.model.target import LOCAL, Source, Target
from wizard.model.vantage import Vantage
from wizard.text.display import comma_list, safe
from wizard.text.errors import UsageError, describe_error
from wizard.text.files import NotRegularError, describe_read_error, stat_regular
from wizard.text.messages import tr

TakeTarget = Callable[[Target | None], None]
"""Takes the changed target, or None if the step is to be skipped."""

LOCAL_NGINX = "nginx -T"
_SKIP, _KEEP = tr("; Enter alone skips it"), tr("; Enter keeps it")


def question_for(step: StepId, target: Target, take: TakeTarget) -> Question | None:
    """Return the question for the step's input; None for a step without one."""
    make = {
        "root": _url_question,
        "proxy": _url_question,
        "direct": _direct_question,
        "logs": _log_question,
        "config": _conf_question,
    }.get(step)
    return make(target, take) if make else None


def _url_question(target: Target, take: TakeTarget) -> Question:
    def parse(text: str) -> tuple[str, bool]:
        if is_curl(text):
            raise UsageError(
                tr(
                    "only a URL can be entered here: start ssewizard without a URL and paste "
                    "the command into the form, or pass it with --curl"
                )
            )
        return check_url(text), is_websocket(text)

    def done(parsed: object) -> None:
        if isinstance(parsed, tuple):
            take(replace(target, url=str(parsed[0]), upgrade=bool(parsed[1])))

    return Question(tr("The stream's public URL"), parse, done, target.typed_url)


def _direct_question(target: Target, take: TakeTarget) -> Question:
    given = " ".join(map(str, target.direct))
    return Question(
        tr(
            "The backend's own URL, http://host:port/sse or unix:/PATH/SOCKET:/sse (or "
            "several){vantage_hint}{keep}",
            vantage_hint=_vantage_hint(target),
            keep=_KEEP if given else _SKIP,
        ),
        lambda text: parse_urls(text, target.vantages),
        lambda sources: take(_with_direct(target, sources)),
        given,
    )


def _with_direct(target: Target, sources: object) -> Target | None:
    return replace(target, direct=sources) if isinstance(sources, tuple) and sources else None


def _log_question(target: Target, take: TakeTarget) -> Question:
    return Question(
        tr(
            "A log file: access.log, error.log or the backend's{vantage_hint}{skip}",
            vantage_hint=_vantage_hint(target),
            skip=_SKIP,
        ),
        lambda text: parse_existing_log(text, target.vantages),
        _source_taker(take, lambda source: replace(target, logs=(*target.logs, source))),
    )


def _conf_question(target: Target, take: TakeTarget) -> Question:
    given = str(target.conf) or LOCAL_NGINX if target.conf else ""
    return Question(
        tr(
            "nginx.conf, saved output of nginx -T, or {local_nginx} to run that "
            "here{vantage_hint}{keep}",
            local_nginx=LOCAL_NGINX,
            vantage_hint=_vantage_hint(target),
            keep=_KEEP if given else _SKIP,
        ),
        lambda text: parse_existing_config(text, target.vantages),
        _source_taker(take, lambda source: replace(target, conf=source)),
        given,
    )


def hop_question(target: Target, take: Callable[[Target], None]) -> Question:
    """Return the question for the proxies in a row; an empty answer removes them."""

    def done(hops: object) -> None:
        if isinstance(hops, tuple) and hops != target.hops:
            take(replace(target, hops=hops))

    return Question(
        tr(
            "The proxies between the URL and the backend, outermost first: NAME=URL, separated "
            "by spaces; NAME=PLACE=URL sends from there"
        ),
        lambda text: parse_hops(text.split(), target.vantages),
        done,
        " ".join(map(str, target.hops)),
    )


def _vantage_hint(target: Target) -> str:
    """Return how to name the vantages, if there are any."""
    names = comma_list(f"{vantage.name}=…" for vantage in target.vantages)
    return tr("; {names}: from there", names=names) if names else ""


def _source_taker(
    take: TakeTarget, with_source: Callable[[Source], Target]
) -> Callable[[object], None]:
    return lambda source: take(with_source(source) if isinstance(source, Source) else None)


def parse_urls(text: str, vantages: Sequence[Vantage] = ()) -> tuple[Source, ...]:
    """Parse `[VANTAGE=]URL`, several separated by blanks. Raises `UsageError`."""
    return tuple(dict.fromkeys(parse_url(word, vantages) for word in text.split()))


def parse_config(text: str, vantages: Sequence[Vantage]) -> Source:
    """Parse a config file's name or `nginx -T`, here or at a vantage. Raises `UsageError`."""
    if text == LOCAL_NGINX:
        return Source("")
    source = parse_conf(text, vantages)
    return replace(source, locator="") if source.locator == LOCAL_NGINX else source


def parse_existing_config(text: str, vantages: Sequence[Vantage] = ()) -> Source | None:
    """Parse as `parse_config`; None for an empty text. A file on this machine must exist."""
    return _existing(parse_config(text.strip(), vantages)) if text.strip() else None


def parse_existing_log(text: str, vantages: Sequence[Vantage] = ()) -> Source | None:
    """Parse a log file's name or a command, here or at a vantage; None for an empty text.

    A file on this machine must exist. Raises `UsageError`.
    """
    return _existing(parse_log(text.strip(), vantages)) if text.strip() else None


def _existing(source: Source) -> Source:
    if source.vantage != LOCAL or source.command or not source.locator:
        return source
    path = os.path.expanduser(source.locator)
    try:
        stat_regular(path)
    except OSError as error:
        raise UsageError(f"{safe(source.locator, 200)}: {_why_unreadable(error)}") from None
    return replace(source, locator=path)


def _why_unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return tr("no such file here")
    if isinstance(error, NotRegularError):
        return tr("it is {kind}, not a file", kind=error.kind)
    return describe_read_error(error)


FIX_FILE = "ssewizard-fix.diff"
Notify = Callable[[str], None]
"""Shows a sentence to the user."""


def fix_file_question(recommendation: Recommendation, notify: Notify) -> Question:
    """Return the question where to save the block and the diff."""
    name = FIX_FILE if recommendation.diff is not None else "ssewizard-fix.conf"

    def write(path: Path, overwrite: bool) -> None:
        with path.open("w" if overwrite else "x", encoding="utf-8") as file:
            file.write(fix_file_text(recommendation))

    return _file_question(tr("Save to"), name, write, notify)


def fix_file_text(recommendation: Recommendation) -> str:
    """Return the diff below the block as comments, which `patch` ignores; or the block alone."""
    if recommendation.diff is None:
        return recommendation.block
    head = [f"ssewizard: {recommendation.summary}", *recommendation.block.splitlines()]
    comments = "".join(f"# {safe(line)}".rstrip() + "\n" for line in head)
    return comments + recommendation.diff


REPORT_ENDINGS = {".txt": "text", ".md": "markdown", ".html": "html"}
"""The format of a report by its file's ending; a file with any other ending is a case file."""


def record_question(
    record: Callable[[], CaseRecord], report: Callable[[str], str], notify: Notify
) -> Question:
    """Return the question where to write the case file or a report.

    Args:
        record: Returns the case, called when it is written.
        report: Returns the report in a format of `REPORT_ENDINGS`.
    """

    def write(path: Path, overwrite: bool) -> None:
        format = REPORT_ENDINGS.get(path.suffix.lower())
        if format is None:
            casefile.write(path, record())
            return
        with path.open("w" if overwrite else "x", encoding="utf-8") as file:
            file.write(report(format))

    label = tr("Case file, .json; or a report: .html, .md (for a ticket), .txt")
    return _file_question(label, "ssewizard-case.json", write, notify)


def events_file_question(save: Callable[[Path], None]) -> Question:
    """Return the question where to save events; `save` gets a new or an emptied file."""

    def create(path: Path, overwrite: bool) -> None:
        with path.open("w" if overwrite else "x", encoding="utf-8"):
            pass

    def done(path: object) -> None:
        if isinstance(path, Path):
            save(path)

    name = "ssewizard-events.jsonl"
    return replace(
        _file_question(tr("Save the events to"), name, create, lambda _: None), done=done
    )


def _file_question(
    label: str, name: str, write: Callable[[Path, bool], None], notify: Notify
) -> Question:
    """Ask for a file name, and once more before an existing file is overwritten.

    Args:
        write: Writes the file; its second argument allows overwriting. Raises `OSError`.
    """
    warned: set[Path] = set()

    def write_to(text: str) -> Path:
        path = Path(text.strip()).expanduser()
        if text.strip() in ("", "-") or "\0" in text or path.is_dir():
            raise UsageError(tr("that is not a file name"))
        if path.exists() and path not in warned:
            warned.add(path)
            raise UsageError(
                tr("{path} exists: Enter again overwrites it", path=safe(str(path), 200))
            )
        try:
            write(path, path in warned)
        except OSError as error:
            raise UsageError(f"{safe(str(path), 200)}: {describe_error(error)}") from None
        return path.absolute()

    return Question(label, write_to, lambda path: notify(tr("saved to {path}", path=path)), name)


def is_yes(text: str) -> bool:
    """True for the answer `y` or `yes`."""
    return text.strip().lower() in ("y", "yes")

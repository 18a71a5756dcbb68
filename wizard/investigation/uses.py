"""What the steps do on the word of a target: run commands, send requests, read files.

Of a case file this may be a stranger's word, so the user is asked about each use first.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.model.target import LOCAL, Source, Target
from wizard.text.display import visible
from wizard.text.messages import tr

MAX_COMMAND_CHARS = 400
"""The longest command that the user can be asked to confirm: nobody reads a longer text in full."""
MAX_TEXT_CHARS = 2000
"""The longest URL or path that the user can be asked to confirm."""
MAX_USES = 50
"""The most uses that the user can be asked to confirm."""


_SENTENCES = {
    "run": tr("{place}: run {text}"),
    "request": tr("{place}: request {text}"),
    "read": tr("{place}: read {text}"),
    "connect to": tr("{place}: connect to {text} instead of the URL's host"),
    "accept": tr("{place}: accept any certificate"),
    "post": tr("{place}: post MCP messages, whether or not MCP is spoken"),
}
"""The sentences by what is done. What was allowed is known by these ids, in any language."""


@dataclass(frozen=True, slots=True)
class Use:
    """One command, URL, file or setting that the steps use.

    Two are equal if the same is done at the same place: another prefix is another place.

    Attributes:
        verb: What is done: an id of `_SENTENCES`.
        text: The command, quoted for a shell, the URL, the path or the address; unshortened. Empty
            where the verb says it all.
        place: The name of the vantage; `local` is this machine.
        prefix: The command prefix of the vantage; empty for this machine.
    """

    verb: str
    text: str
    place: str = LOCAL
    prefix: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is done, in full and on one line: `at web: read /var/log/nginx/access.log`."""
        place = tr("at {place}", place=visible(self.place, 40)) if self.prefix else tr("here")
        text = visible(self.text, 10 * len(self.text))
        return _SENTENCES[self.verb].format(place=place, text=text)

    @property
    def problem(self) -> str:
        """Why the user cannot be asked to confirm it; empty if they can."""
        sentence = self.sentence
        limit = MAX_COMMAND_CHARS if self.verb == "run" else MAX_TEXT_CHARS
        if len(sentence) <= limit:
            return ""
        return tr(
            "this case would use a text of {count} characters, too long to be confirmed: "
            "{sentence} …",
            count=len(sentence),
            sentence=sentence[:60],
        )


def uses_of(target: Target) -> tuple[Use, ...]:
    """Everything that the steps use of a target: the commands first."""
    uses = dict.fromkeys((*_commands(target), *_requests(target), *_files(target)))
    return tuple(sorted(uses, key=lambda use: use.verb != "run"))


def describe_problem(uses: tuple[Use, ...]) -> str:
    """Why the user cannot be asked to confirm these uses; empty if they can."""
    if len(uses) > MAX_USES:
        return tr(
            "this case names {count} commands, URLs and files, too many to be confirmed",
            count=len(uses),
        )
    return next(filter(None, (use.problem for use in uses)), "")


def _commands(target: Target) -> Iterator[Use]:
    for vantage in target.vantages:
        yield Use("run", shlex.join(vantage.prefix))
    for log in target.logs:
        if log.command:
            yield _use(target, "run", shlex.join(log.command), log)
    if target.conf is not None and not target.conf.locator:
        yield _use(target, "run", "nginx -T", target.conf)


def _requests(target: Target) -> Iterator[Use]:
    yield Use("request", target.url)
    for source in (*(hop.source for hop in target.hops), *target.direct):
        yield _use(target, "request", source.locator, source)
    if target.connect_to is not None:
        host, port = target.connect_to
        yield Use("connect to", f"{host}:{port}")
    if target.insecure:
        yield Use("accept", "")
    if target.mcp == "always":
        yield Use("post", "")


def _files(target: Target) -> Iterator[Use]:
    for source in (*target.logs, *filter(None, [target.conf])):
        if source.locator and not source.command:
            yield _use(target, "read", source.locator, source)


def _use(target: Target, verb: str, text: str, source: Source) -> Use:
    vantage = target.vantage(source.vantage)
    return Use(verb, text, source.vantage, vantage.prefix if vantage else ())

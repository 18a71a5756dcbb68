"""Run a command and map errors to exit statuses."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wizard.cli.output import drop_stdout, print_error
from wizard.cli.signals import end_as_interrupted, interrupted_status
from wizard.text.bugs import describe_bug
from wizard.text.display import sentences
from wizard.text.errors import SsewizardError, UsageError
from wizard.text.messages import tr

if TYPE_CHECKING:
    from argparse import Namespace

    from wizard.investigation.investigation import ApplyFix, Investigation
    from wizard.model.target import Target

USAGE_STATUS, BUG_STATUS = 2, 70
OpenWizard = Callable[["Target | Investigation | None", "ApplyFix | None"], int]
"""Opens the wizard on a target, an investigation or an empty form (None); returns the exit status.

Only the lab gives the second argument, which applies a diff to the lab's own Nginx.
"""


def main(argv: Sequence[str] | None, *, open_wizard: OpenWizard) -> int:
    """Run one command and return its exit status; errors are printed, also the tool's own bugs."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words, open_wizard)
    except UsageError as error:
        return _fail(f"ssewizard: {_with_correction(str(error), words)}", USAGE_STATUS)
    except SsewizardError as error:
        return _fail(f"ssewizard: {error}", USAGE_STATUS)
    except KeyboardInterrupt:
        return _fail(tr("ssewizard: interrupted"), interrupted_status())
    except BaseExceptionGroup as error:
        if error.subgroup(KeyboardInterrupt) is not None:
            return _fail(tr("ssewizard: interrupted"), interrupted_status())
        return _fail_with_bug(error)
    except BrokenPipeError:
        drop_stdout()  # the reader of the report has closed the pipe
        return interrupted_status()
    except Exception as error:  # noqa: BLE001
        return _fail_with_bug(error)


def _with_correction(problem: str, words: list[str]) -> str:
    """The problem with the command that was probably meant, if one is known."""
    from wizard.cli.corrections import corrected

    correction = corrected(words) if words else ""
    if not correction:
        return problem
    sentence = problem if problem.endswith(("?", "？")) else tr("{sentence}.", sentence=problem)
    return sentences((sentence, tr("Try: {correction}", correction=correction)))


def _fail_with_bug(error: BaseException) -> int:
    message = tr(
        "ssewizard: a bug of this tool, please report it: {error}", error=describe_bug(error)
    )
    return _fail(message, BUG_STATUS)


def _run(words: list[str], open_wizard: OpenWizard) -> int:
    if not words:  # needs no parser, which takes a tenth of the time to the wizard's first frame
        end_as_interrupted()
        return open_wizard(None, None)
    # Each command is imported here, so that wrong usage is reported before anything is loaded.
    from wizard.cli.commands import split_command
    from wizard.cli.options import make_parser
    from wizard.cli.profiles import parse_words, read_profiles
    from wizard.cli.request import take_curl

    command, words = split_command(words, read_profiles)
    end_as_interrupted()
    options = parse_words(make_parser(command), words, environment=True)
    if getattr(options, "no_color", False):
        os.environ["NO_COLOR"] = "1"
    if getattr(options, "no_mouse", False):
        os.environ["SSEWIZARD_NO_MOUSE"] = "1"
    for note in take_curl(options):
        print_error(tr("ssewizard: --curl: {note}", note=note))
    return _run_command(command, options, open_wizard) if command else _open(options, open_wizard)


def _run_command(command: str, options: "Namespace", open_wizard: OpenWizard) -> int:
    if command == "check":
        return _check_many(options) if options.targets is not None else _check(options)
    if command == "inspect":
        from wizard.cli.inspect import inspect

        return inspect(options)
    if command == "explain":
        from wizard.cli.explain import explain

        return explain(options.words)
    if command == "completion":
        from wizard.cli.completion import print_completion

        return print_completion(options.shell)
    if command == "lab":
        from wizard.cli.lab import run_lab

        return run_lab(options, open_wizard)
    from wizard.cli.open import open_case

    return open_case(options, open_wizard)


def _open(options: "Namespace", open_wizard: OpenWizard) -> int:
    """Open the wizard, filled in from the options. Raises `UsageError`."""
    needs_url = options.direct or options.conf or options.log or options.data or options.request
    has_url = options.url is not None or options.curl is not None
    if needs_url and not has_url:
        raise UsageError(tr("options need a URL: ssewizard URL [options] (see ssewizard --help)"))
    from wizard.cli.local_files import require_files
    from wizard.cli.options import target_of

    target = target_of(options) if has_url else None
    if target is not None:
        require_files(target)
    return open_wizard(target, None)


def _check(options: "Namespace") -> int:
    has_url = options.url is not None or options.curl is not None
    if not has_url or options.parallel:
        raise UsageError(
            tr("--parallel works only with --targets FILE (see ssewizard check --help)")
            if has_url
            else tr("pass a URL, or a list of them: --targets FILE (see ssewizard check --help)")
        )
    from wizard.cli.local_files import require_files
    from wizard.cli.options import target_of

    target = target_of(options)
    require_files(target)
    from wizard.cli.check import check
    from wizard.cli.look import with_usual_path

    target = with_usual_path(target, is_allowed=options.look)
    return check(target, options.format, options.output, options.save)


def _check_many(options: "Namespace") -> int:
    if options.save is not None:
        raise UsageError(tr("--save works with one URL only (see ssewizard check --help)"))
    if options.look:
        raise UsageError(tr("--look works with one URL only: ssewizard check --look http://HOST"))
    if options.format == "html":
        raise UsageError(
            tr("--format html works with one URL only; for several use markdown or json")
        )
    from wizard.cli.targets import check_files, read_targets

    targets = read_targets(options)
    check_files(options.targets, targets)
    from wizard.cli.batch import check_many
    from wizard.cli.options import PARALLEL

    return check_many(targets, options.parallel or PARALLEL, options.format, options.output)


def _fail(sentence: str, status: int) -> int:
    print_error(sentence)
    return status

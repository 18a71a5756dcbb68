"""Values of options from outside the command line: a profile of the config file, the environment.

`ssewizard prod` takes them from the table `[prod]` of `config.toml`; its keys are those of a file
of targets, and `format`, `output` and `lang`. A variable `SSEWIZARD_STALL` stands for `--stall`.
What is given on the command line counts before the environment, and that before the profile.
"""

import os
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.cli.commands import COMMANDS, is_bare_word
from wizard.cli.config_file import config_file, read_config_file
from wizard.cli.parser import OptionError
from wizard.cli.target_keys import KEYS, REPORT_KEYS, option_words, require_literal, suggestion
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

SETTINGS = ("theme", "mouse", "keys")
"""What the file says about the wizard itself; no profile has such a name."""
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_NOT_STORED = ("help", "version")
Profile = Mapping[str, Any]


def read_profiles() -> Mapping[str, Profile]:
    """The profiles of the config file, by name. Raises `UsageError`."""
    data, file = read_config_file(), safe(str(config_file()), 200)
    profiles = {name: values for name, values in data.items() if name not in SETTINGS}
    for name, values in profiles.items():
        if not isinstance(values, dict):
            raise UsageError(
                tr(
                    "{file}: {name}: put it into a profile, such as [prod]",
                    file=file,
                    name=safe(name, 60),
                )
            )
        if name in (*COMMANDS, "help"):
            raise UsageError(
                tr(
                    "{file}: [{name}]: a command has this name: rename the profile",
                    file=file,
                    name=name,
                )
            )
        if not is_bare_word(name):
            raise UsageError(
                tr(
                    "{file}: [{name}]: a name has letters, digits, - and _",
                    file=file,
                    name=safe(name, 60),
                )
            )
    return profiles


def parse_words(parser: ArgumentParser, words: Sequence[str], *, environment: bool) -> Namespace:
    """The options of the command line, filled up from the environment and from a profile.

    Raises `UsageError`, with the variable or with the file, the profile and the key.
    """
    variables = _variables(parser) if environment else {}
    for action in parser._actions:
        if action.required and action.option_strings and f"--{action.dest}" in variables:
            action.required = False
    options = _parse_given(parser, words)
    layers = [(name, option_words) for name, option_words in variables.values()]
    url = getattr(options, "url", None)
    if url is not None and is_bare_word(url):
        options.url, profile = _profile_layers(url)
        layers += [(where, words) for where, words in profile if not _is_of_report(parser, words)]
    for where, layer in layers:
        try:
            lower = _parse_given(parser, layer, is_whole=False)
        except UsageError as error:
            reason = error.reason if isinstance(error, OptionError) else str(error)
            raise UsageError(f"{where}: {reason}") from None
        for dest, value in vars(lower).items():
            if getattr(options, dest, None) is None:
                setattr(options, dest, value)
    for dest in vars(options):
        if getattr(options, dest) is None:
            setattr(options, dest, parser.get_default(dest))
    return options


def _is_of_report(parser: ArgumentParser, words: list[str]) -> bool:
    """True for the words of an option of a report, where the command writes none: the wizard."""
    options = {option for action in parser._actions for option in action.option_strings}
    names = {word.partition("=")[0] for word in words}
    return names <= {f"--{key}" for key in REPORT_KEYS} and not names <= options


def _parse_given(
    parser: ArgumentParser, words: Sequence[str], *, is_whole: bool = True
) -> Namespace:
    """The values that the words give, None for all others.

    Where the words are not the whole command line, nothing is required.
    """
    required = [action for action in parser._actions if action.required and not is_whole]
    for action in required:
        action.required = False
    stored = [action.dest for action in parser._actions if action.dest not in _NOT_STORED]
    try:
        return parser.parse_args(words, Namespace(**dict.fromkeys(stored)))
    finally:
        for action in required:
            action.required = True


def _variables(parser: ArgumentParser) -> dict[str, tuple[str, list[str]]]:
    """The variables that are set, by the option: the variable's name, and the option's words."""
    found = {}
    for action in parser._actions:
        option = next((each for each in action.option_strings if each.startswith("--")), "")
        name = f"SSEWIZARD_{option[2:].upper().replace('-', '_')}"
        if option and action.dest not in _NOT_STORED and (value := os.environ.get(name)):
            found[option] = (name, _words_of(action, option, name, value))
    return found


def _words_of(action: Action, option: str, name: str, value: str) -> list[str]:
    """The words of one variable; an option that repeats has a value on each line."""
    if action.nargs != 0:
        values = value.splitlines() if isinstance(action.default, list) else [value]
        return [f"{option}={each}" for each in values if each]
    if value.lower() not in (*_YES, *_NO):
        raise UsageError(tr("{name}: write 1 or 0", name=name))
    return [option] if value.lower() in _YES else []


def _profile_layers(name: str) -> tuple[str, list[tuple[str, list[str]]]]:
    """The URL of a profile, and the words of each of its keys with the place for messages."""
    profiles, file = read_profiles(), safe(str(config_file()), 200)
    if name not in profiles:
        hint = suggestion(name, profiles)
        raise UsageError(
            tr(
                "{name}: not a URL, which begins with http:// or https://, and no profile of "
                "{file}{hint}",
                name=safe(name, 60),
                file=file,
                hint=hint,
            )
        )
    profile, layers = profiles[name], list[tuple[str, list[str]]]()
    for key, value in profile.items():
        where = f"{file}: [{name}]: {safe(key, 60)}"
        if key == "url":
            continue
        if key not in (*KEYS, *REPORT_KEYS):
            raise UsageError(
                tr(
                    "{where}: no such key{hint}",
                    where=where,
                    hint=suggestion(key, (*KEYS, *REPORT_KEYS, "url")),
                )
            )
        try:
            layers.append((where, option_words(key, value)))
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None
    url = profile.get("url")
    if not isinstance(url, str) or not url.strip():
        raise UsageError(
            tr("{file}: [{name}]: url: it is missing, or no string", file=file, name=name)
        )
    try:
        return require_literal(url.strip()), layers
    except UsageError as error:
        raise UsageError(
            tr("{file}: [{name}]: url: {error}", file=file, name=name, error=error)
        ) from None

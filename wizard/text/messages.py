"""The program's messages in the user's language: English as written, or a catalogue of gettext.

A message is a whole sentence or label with named places: `tr("nothing in {waited}", waited=…)`.
The English text is its key. Messages of modules are translated when the module is imported, so the
language is chosen before (`choose`), once for the process.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence

LANGUAGES = ("en", "zh_CN")
VARIABLE = "SSEWIZARD_LANG"
"""The environment variable that decides before those of the locale do."""
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_SIMPLIFIED = re.compile(r"(?i)zh([-_](cn|sg|hans.*))?")
_MACHINE_FORMATS = ("json", "junit", "prometheus")
"""Reports that programs read stay English, unless another language is asked for."""
_UTF_8 = re.compile(r"(?i)utf-?8")
_language = "en"
_translate: Callable[[str], str] = str


def tr(message: str, /, **values: object) -> str:
    """Return the message in the chosen language, with the values in their places."""
    text = _translate(message)
    return text.format(**values) if values else text


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `1 line`, `2 lines`. Its key is `{count} line`."""
    if _language == "en":
        return f"{count} {noun}{'' if count == 1 else 's'}"
    return tr(f"{{count}} {noun}", count=count)


def language() -> str:
    """Return the language in use, one of `LANGUAGES`."""
    return _language


def choose(name: str) -> None:
    """Use a language of `LANGUAGES` for all messages from now on."""
    global _language, _translate
    if name != _language:
        _language, _translate = name, _catalogue(name) if name != "en" else str


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language that the environment asks for; English where it asks for no other.

    As in gettext, the first variable that is set decides. A locale that is not UTF-8 could not show
    Chinese, so it gets English.
    """
    own = environment.get(VARIABLE)
    if own in LANGUAGES:
        return own
    locale = next((value for name in _LOCALE_VARIABLES if (value := environment.get(name))), "")
    name, _, encoding = locale.partition("@")[0].partition(".")
    is_shown = not encoding or _UTF_8.fullmatch(encoding) is not None
    return "zh_CN" if is_shown and _SIMPLIFIED.fullmatch(name) else "en"


def choose_for(words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Choose the language for a command line, before the modules with messages are imported."""
    choose(language_for(words, environment))


def language_for(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language for a command line: `--lang`, else that of the environment.

    A language that does not exist is reported by the parser of the options later.
    """
    own = _value_of("--lang", words) or environment.get(VARIABLE)
    is_machine = _value_of("--format", words) in _MACHINE_FORMATS
    name = own or ("en" if is_machine else language_of(environment))
    return name if name in LANGUAGES else "en"


def _value_of(option: str, words: Sequence[str]) -> str | None:
    for word, following in zip(words, [*words, ""][1:], strict=True):
        if word == option or word.startswith(f"{option}="):
            return following if word == option else word.partition("=")[2]
    return None


def _catalogue(name: str) -> Callable[[str], str]:
    from gettext import translation

    package = os.path.dirname(os.path.dirname(__file__))
    return translation("ssewizard", f"{package}/locale", [name]).gettext


choose(language_of(os.environ))

"""The keys that the user's config file gives to actions, checked before the screen opens."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from textual.keys import Keys, _character_to_key

from screens.app_keys import APP_BINDINGS
from screens.live.pane import LivePane
from screens.start_screen import StartScreen
from screens.steps_screen import StepsScreen
from screens.target_form import TargetForm
from screens.vantage_form import VantageForm
from screens.vantage_picker import VantagePicker
from screens.widgets.panel import Panel
from screens.widgets.step_list import StepList
from screens.widgets.tick import Tick
from wizard.model.preferences import Preferences
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

_PARTS = (
    LivePane, StartScreen, StepsScreen, TargetForm, VantageForm, VantagePicker, Panel, StepList,
    Tick,
)  # fmt: skip
"""The parts of the screen with actions of their own."""
_MODIFIED = re.compile(r"(?:(?:ctrl|shift|alt|super|hyper|meta)\+)*(.+)")


def check_keys(preferences: Preferences) -> None:
    """Raise `UsageError`, in one sentence, for an action or a key that does not exist, and for two
    actions with one key."""
    if not preferences.keys:
        return
    where, groups = f"{preferences.file}: [keys]", list(_default_keys())
    known = {id for group in groups for id in group}
    for id, keys in preferences.keys.items():
        if id not in known:
            similar = get_close_matches(id, known, 1, 0.6)
            hint = tr(": did you mean {similar}?", similar=similar[0]) if similar else ""
            raise UsageError(
                tr("{where}: {id}: no such action{hint}", where=where, id=safe(id, 60), hint=hint)
            )
        for key in keys.split(","):
            if not is_key(key.strip()):
                example = tr('write a key such as "a", "f2" or "ctrl+s"')
                raise UsageError(f"{where}: {id}: {safe(key.strip(), 30)!r}: {example}")
    for group in groups:
        _check_clash(group, preferences.keys, where)


def _check_clash(group: Mapping[str, str], keys: Mapping[str, str], where: str) -> None:
    """Raise `UsageError` if a key of the file belongs to two actions of one part of the screen."""
    taken: dict[str, str] = {}
    for id, default in group.items():
        for key in (part.strip() for part in keys.get(id, default).split(",")):
            other = taken.setdefault(_long_name(key), id)
            if other != id and (id in keys or other in keys):
                raise UsageError(
                    tr(
                        "{where}: {id} and {other} have the same key, {key}",
                        where=where,
                        id=id,
                        other=other,
                        key=safe(key, 30),
                    )
                )


def is_key(text: str) -> bool:
    """True for a key as Textual names it: `a`, `?`, `question_mark`, `f2`, `ctrl+s`."""
    match = _MODIFIED.fullmatch(text)
    name = match[1] if match else ""
    if len(name) == 1:
        return name.isprintable() and not name.isspace()
    with contextlib.suppress(KeyError):
        unicodedata.lookup(name.replace("_", " "))
        return True
    return name in {key.value for key in Keys}


def _long_name(key: str) -> str:
    return _character_to_key(key) if len(key) == 1 else key


def _default_keys() -> Iterator[dict[str, str]]:
    """The keys of each part of the screen, with those of the whole app, by the action's id."""
    app = {binding.id: binding.key for binding in APP_BINDINGS if binding.id}
    yield app
    for part in _PARTS:
        yield {**dict(_own_keys(part)), **app}


def default_keys() -> Mapping[str, str]:
    """The keys of each action, before the config file changes them, by the action's id."""
    # Of an action with two bindings the first one counts.
    own = {id: keys for part in _PARTS for id, keys in reversed(list(_own_keys(part)))}
    return own | {binding.id: binding.key for binding in APP_BINDINGS if binding.id}


def _own_keys(part: type) -> Iterator[tuple[str, str]]:
    """The id and the keys of each action of a class and of those that it is made from."""
    for base in part.__mro__:
        is_own = base.__module__.startswith(f"{__package__}.")
        for binding in base.__dict__.get("BINDINGS", ()) if is_own else ():
            if getattr(binding, "id", None):
                yield binding.id, binding.key

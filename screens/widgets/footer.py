"""The keys at the bottom: where they do not all fit, the least needed are left out."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from wizard.text.columns import width
from wizard.text.messages import tr

_LEFT_OUT_FIRST = (
    "hops", "next_probe", "copy", "save", "again", "explain", "give", "elsewhere", "local", "diff",
    "longer", "all",
)  # fmt: skip
"""The actions whose keys are left out, in this order, where there is no room for all."""
_PADDING = 1
"""Columns before the first key."""
_GAP = 2
"""Columns between two keys."""


class Keys(Footer):
    """The keys that have an effect now. Those left out are on the page of `f1`, which is named."""

    def __init__(self, *, show_command_palette: bool = False) -> None:
        super().__init__(show_command_palette=show_command_palette, compact=True)
        self._fitted_to = 0

    def compose(self) -> ComposeResult:
        """Yield as many keys as fit in one line."""
        self._fitted_to = self.app.size.width
        widgets = list(super().compose())
        keys = [each for each in widgets if isinstance(each, FooterKey)]
        palette = [each for each in keys if each.has_class("-command-palette")]
        for key in palette:
            key.description = tr("palette")
        fitting = self._fitting([each for each in keys if each not in palette], palette)
        yield from (*fitting, *palette)

    def _fitting(
        self, keys: Sequence[FooterKey], palette: Sequence[FooterKey]
    ) -> Sequence[FooterKey]:
        room = self.app.size.width - _PADDING - sum(_columns(key) + _GAP for key in palette)
        if _line_columns(keys) <= room:
            return keys
        shown, help_keys = list(keys), self._help_key()
        for action in _LEFT_OUT_FIRST:
            shown = [key for key in shown if key.action != action]
            if _line_columns([*shown, *help_keys]) <= room:
                return [*shown, *help_keys]
        return shown

    def _help_key(self) -> list[FooterKey]:
        """The key of the page with all keys."""
        bindings = (each.binding for each in self.screen.active_bindings.values())
        return [
            FooterKey(
                binding.key, self.app.get_key_display(binding), binding.description, binding.action
            ).data_bind(compact=Footer.compact)
            for binding in bindings
            if binding.action == "help"
        ]

    def on_resize(self, event: Resize) -> None:
        """Choose again for the new width."""
        if self.app.size.width != self._fitted_to:
            self.call_after_refresh(self.recompose)


def _columns(key: FooterKey) -> int:
    return width(key.key_display) + (1 + width(key.description) if key.description else 0)


def _line_columns(keys: Sequence[FooterKey]) -> int:
    return sum(map(_columns, keys)) + _GAP * (len(keys) - 1)

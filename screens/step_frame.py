"""The frame of the steps: header, step list, panels and keys, laid out for the window's size."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen

from screens.heights import share_rows
from screens.live.buffer import SIDES, Side
from screens.live.pane import LivePane
from screens.live.streams import may_show_more
from screens.opening import SMALL
from screens.panes import PANES
from screens.panes.probes import shown_pair
from screens.panes.view import View
from screens.panes.words import chip, result_words
from screens.third_column import beside_panels
from screens.widgets.footer import Keys
from screens.widgets.header import Chip, Header, host_and_path
from screens.widgets.panel import Panel, PanelView
from screens.widgets.prompt import Prompt
from screens.widgets.step_list import StepList
from wizard.investigation.investigation import Investigation
from wizard.model.steps import STEPS, StepId
from wizard.model.timeline import Timeline
from wizard.text.messages import tr

BESIDE_COLUMNS = 160
"""From this many columns on, the cause and the config stand beside a step's panels."""
BELOW_ROWS = 34
"""From this many rows on, one of the two stands below them in a narrower window."""
LIVE_STEPS: frozenset[StepId] = frozenset({"proxy", "direct", "verify"})
"""The steps that show live streams."""
PANELS = ("first", "second", "live", "third", "fourth")
"""The ids of the panels: those of the step, then those beside or below them."""


class Content(Container):
    """Holds the panels; calls a function when the room for them has changed."""

    def __init__(self, resized: Callable[[], object]) -> None:
        super().__init__(id="content")
        self._resized = resized

    def on_resize(self) -> None:
        """Tell it: a question below takes rows, and no screen has changed its size."""
        self._resized()


class StepFrame(Screen[None]):
    """Shows one step of an investigation; `draw` draws its state.

    Attributes:
        step: The step that is shown.
        shown_probe: Index of the proxied probe in the left stream; None shows the worst.
        in_lab: True if the wizard runs on the lab, whose config is known.
        unfolded: The names of the parts that the user has opened.
        zoomed: The id of the panel that the user has chosen to see alone; empty for none.
        other_panel: The id of the step's second panel; empty if it has none.
    """

    AUTO_FOCUS = "StepList"
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self,
        investigation: Investigation,
        *,
        in_lab: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.investigation, self.in_lab, self._clock = investigation, in_lab, clock
        self.step: StepId = STEPS[0]
        self.shown_probe: int | None = None
        self.unfolded: frozenset[str] = frozenset()
        self.zoomed = self.other_panel = ""
        self._drawn_keys: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the header, the step list, the panels, the prompt and the keys."""
        yield Header()
        with Horizontal(id="main"):
            yield StepList()
            with Content(lambda: self.call_after_refresh(self.draw)):
                with Vertical(id="panels"):
                    yield Panel("first")
                    yield Panel("second")
                    yield LivePane("live", clock=self._clock)
                with Vertical(id="beside"):
                    yield Panel("third")
                    yield Panel("fourth")
        yield Prompt()
        yield Keys()

    def on_resize(self) -> None:
        """Lay the screen out for the new size."""
        self.lay_out()

    def lay_out(self) -> None:
        """Choose what is shown, and where: a small window shows one panel, and so does the zoom."""
        self.set_class(self.is_small, "-small")
        self.query_one(StepList).display = not self.shown_alone
        self.query_one("#panels").display = self.shown_alone not in ("third", "fourth")
        self.call_after_refresh(self.draw)

    @property
    def is_small(self) -> bool:
        """True if the window has room for one panel."""
        width, height = self.size
        return width < SMALL[0] or height < SMALL[1]

    @property
    def shown_alone(self) -> str:
        """The id of the panel that is shown alone; empty if all are shown."""
        return self.zoomed or ("first" if self.is_small else "")

    def may_show(self, panel: str) -> bool:
        """True unless another panel is shown alone."""
        return self.shown_alone in ("", panel)

    @property
    def is_busy(self) -> bool:
        """True while a step runs."""
        return any(step.state == "running" for step in self.investigation.steps.values())

    @property
    def hint(self) -> str:
        """What is missing or awaited, or what to press; may be empty."""
        return ""

    @property
    def verdict(self) -> Chip:
        """The verdict for the header."""
        return chip(self.investigation)

    @property
    def _rows(self) -> int:
        """How many rows the panels share."""
        return self.query_one(Content).size.height or max(1, self.size.height - 2)

    @property
    def _is_beside(self) -> bool:
        return self.size.width >= BESIDE_COLUMNS

    def draw(self) -> None:
        """Draw the investigation as it is now."""
        investigation = self.investigation
        steps = investigation.steps
        self.query_one(StepList).show_states(
            steps, result_words(investigation), self.step, investigation.target
        )
        host, path = host_and_path(investigation.target.url)
        self.query_one(Header).show_target(host, path, self.verdict, in_lab=self.in_lab)
        views, streams = self._views(), self._streams()
        shown = {id: view for id, view in views.items() if self.may_show(id)}
        is_live = bool(streams) and self.may_show("live")
        self._arrange([id for id in PANELS if id in shown or (id == "live" and is_live)], views)
        for id, view in shown.items():
            self.query_one(f"#{id}", Panel).show(view)
        self._draw_live(streams, is_shown=is_live)
        if self.focused is not None and not self.focused.display:
            self.query_one(StepList).focus()
        self._draw_keys()

    def _views(self) -> dict[str, PanelView]:
        """What each panel shows, by its id: those of the step, then those beside or below them."""
        first, third = self.query_one("#first", Panel), self.query_one("#third", Panel)
        shown, *more = PANES[self.step](self._view(first))
        self.other_panel = "live" if self.step in LIVE_STEPS else "second" if more else ""
        views = {"first": shown} | ({"second": more[0]} if more else {})
        views = {id: self._with_key(view) for id, view in views.items()}
        if not self.is_small and (self._is_beside or self._rows >= BELOW_ROWS):
            rows = (third.rows, self.query_one("#fourth", Panel).rows)
            beside = beside_panels(self._view(third), self.investigation.steps, third.columns, rows)
            kept = beside if self._is_beside else beside[:1]
            views |= dict(zip(("third", "fourth"), kept, strict=False))
        return views

    def _arrange(self, ids: Sequence[str], views: Mapping[str, PanelView]) -> None:
        """Show these panels, each with the rows that it needs; one of a column gets those left."""
        beside = [id for id in ids if id in ("third", "fourth")]
        is_beside = self._is_beside and len(beside) < len(ids)
        own = [id for id in ids if id not in beside] if is_beside else list(ids)
        heights = self._heights(own, views)
        if is_beside and beside:
            heights |= self._heights(beside, views)
        has_changed = self.has_class("-beside") != is_beside
        self.set_class(is_beside, "-beside")
        self.query_one("#beside").display = bool(beside)
        for id in PANELS:
            panel = self.query_one(f"#{id}")
            height = panel.styles.height.value if panel.styles.height else None
            if panel.display != (id in ids) or height != heights.get(id, height):
                panel.display, has_changed = id in ids, True
                panel.styles.height = heights.get(id, height)
        if has_changed:
            self.call_after_refresh(self.draw)  # for the sizes that the panels then have

    def _heights(self, ids: Sequence[str], views: Mapping[str, PanelView]) -> dict[str, int]:
        """The rows of panels that stand one below the other."""
        if not ids:
            return {}
        third = self._rows // 3
        wanted = [
            third if id == "live" else min(third, view.rows_wanted) if view.is_flexible
            else view.rows_wanted
            for id, view in ((id, views.get(id, PanelView(""))) for id in ids)
        ]  # fmt: skip
        flexible = [n for n, id in enumerate(ids) if id == "live" or views[id].is_flexible]
        spare = flexible[0] if flexible else len(ids) - 1
        return dict(zip(ids, share_rows(self._rows, wanted, spare), strict=True))

    def _with_key(self, view: PanelView) -> PanelView:
        """The panel; in a small window with the key that shows the other one."""
        if not self.is_small or not self.other_panel:
            return view
        words = (
            tr("z: back")
            if self.zoomed
            else tr("z: live")
            if self.step in LIVE_STEPS
            else tr("z: more")
        )
        return replace(view, note=f"{view.note} · {words}" if view.note else words)

    def _streams(self) -> dict[Side, Timeline]:
        """The timelines of a step that has live streams."""
        pair = shown_pair(self._view(self.query_one("#first", Panel)))
        sides = zip(SIDES, pair if self.step in LIVE_STEPS else (), strict=False)
        return {side: result.timeline for side, result in sides if result is not None}

    def _draw_live(self, streams: Mapping[Side, Timeline], *, is_shown: bool) -> None:
        """Draw the streams of a step that has some; they stay open while nothing else runs."""
        pane, investigation = self.query_one(LivePane), self.investigation
        if streams:
            pane.show_timelines(streams, self._now())
        if is_shown and investigation.may_watch and not self.is_busy:
            probes = {s: each.probe for s, each in streams.items() if may_show_more(each)}
            pane.keep_open(self.step, probes, investigation.watch)
        else:
            pane.stop()

    def _draw_keys(self) -> None:
        """Draw the footer, only if the keys may have changed: it costs a line on the wire."""
        keys = (self.step, self.is_busy, *self.investigation.steps.values())
        if keys != self._drawn_keys:
            self._drawn_keys = keys
            self.refresh_bindings()

    def _now(self) -> float | None:
        """Seconds since the probes began; None while none runs."""
        waiting = self.investigation.waiting
        return self._clock() - waiting.since if waiting else None

    def _view(self, panel: Panel) -> View:
        investigation = self.investigation
        return View(
            self.step,
            investigation.steps[self.step],
            investigation.case,
            investigation.diagnosis,
            investigation.recommendation,
            width=max(30, panel.columns),
            height=self._rows,
            second_width=max(30, self.query_one("#second", Panel).columns),
            hint=self.hint,
            shown_probe=self.shown_probe,
            now=self._now(),
            in_lab=self.in_lab,
            unfolded=self.unfolded,
            states=investigation.steps,
        )

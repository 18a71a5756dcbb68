"""The route of a request: the blocks that apply to it, who answers, and what is not decided."""

from dataclasses import dataclass, field, replace

from wizard.model.config import Directive, Position
from wizard.model.resolution import Doubt, DoubtKind
from wizard.nginx.locations import pass_directive
from wizard.nginx.variables import RequestState


@dataclass
class Route:
    """How far a request has come in the config; `phases` takes it further.

    Attributes:
        state: The request with its current path, query and variables.
        chain: The locations around the request, outermost first; empty if none matches.
        inner: The `if` or `limit_except` block in force inside the last location.
        reason: Why the last location was chosen, in one sentence.
        rewritten: Whether the path differs from the request's.
        named: Whether it came through a named location.
        moved: Whether the path was changed so that another location is searched.
        broken: Whether `rewrite … break` changed the path; proxy_pass then replaces no prefix.
        answered: The directive by which Nginx answers without a backend (`return`), and `status`
            its status; None if none does.
        doubt: Why config and request do not decide who answers; None if they do.
        undecided: What they do not decide otherwise.
        conditions: The `if` blocks with an undecided condition that could change who answers.
    """

    state: RequestState
    chain: tuple[Directive, ...] = ()
    inner: Directive | None = None
    reason: str = ""
    rewritten: bool = False
    named: bool = False
    moved: bool = False
    broken: bool = False
    answered: Directive | None = None
    status: int | None = None
    doubt: Doubt | None = None
    undecided: list[Doubt] = field(default_factory=list)
    conditions: list[Directive] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The current path, decoded."""
        return self.state.path

    @property
    def query(self) -> str | None:
        """The current query; None if variables decide it."""
        return self.state.query

    @property
    def blocks(self) -> tuple[Directive, ...]:
        """The blocks inside the server whose directives apply, outermost first."""
        return (*self.chain, self.inner) if self.inner else self.chain

    @property
    def innermost(self) -> tuple[Directive, ...]:
        """The blocks that can name who answers: the last location, and first what is in it."""
        return tuple(block for block in (self.inner, *self.chain[-1:]) if block)

    @property
    def pass_directive(self) -> Directive | None:
        """The directive that passes the request to a backend; None if none does.

        A location inherits none from the outer one; `if` and `limit_except` do.
        """
        if self.answered is not None or self.doubt is not None:
            return None
        return next(filter(None, map(pass_directive, self.innermost)), None)

    def note(self, kind: DoubtKind, text: str) -> None:
        """Record what is not decided and does not hinder the route."""
        self.undecided.append(Doubt(kind, text))

    def answer(self, directive: Directive, status: int | None) -> None:
        """Let Nginx answer by this directive."""
        self.answered, self.status = directive, status

    def redirected(self, path: str, query: str | None, where: Position) -> None:
        """Continue with this path and query, as after an internal redirect by the line `where`."""
        self.state.path, self.state.query, self.state.changed_by = path, query, where
        self.state.knows_path, self.rewritten, self.broken = True, True, False

    def copy(self) -> "Route":
        """A route with the same state, which can be taken further on its own."""
        values, mapped = dict(self.state.values), dict(self.state.mapped)
        state = replace(self.state, values=values, mapped=mapped)
        undecided, conditions = list(self.undecided), list(self.conditions)
        return replace(self, state=state, undecided=undecided, conditions=conditions)

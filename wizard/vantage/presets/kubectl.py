"""Contexts, namespaces, deployments and pods, as kubectl (or oc) lists them."""

from dataclasses import dataclass, replace
from functools import partial

from wizard.vantage.presets import menu
from wizard.vantage.presets.menu import (
    Choice,
    Listing,
    Menu,
    MenuOrPreset,
    Preset,
    checked,
    printed,
    usable,
)

PATIENCE = "--request-timeout=6s"
"""Less than a list may take: so that kubectl itself says what it waited for."""
_CONTEXTS = (
    'jsonpath={.current-context}{"\\n"}{range .contexts[*]}{.name}{"\\t"}{.context.namespace}'
    '{"\\n"}{end}'
)
_NAMESPACES = 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'
_WORKLOADS = (
    'jsonpath={range .items[*]}{.kind}{"\\t"}{.metadata.name}{"\\t"}{.status.phase}'
    '{.status.readyReplicas}{.status.numberReady}{"\\t"}{.spec.containers[*].name}'
    '{.spec.template.spec.containers[*].name}{"\\n"}{end}'
)
_KINDS = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "Pod": ""}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What was chosen so far. As `--name=value`, no value can be taken for an option, and no
    context that is called `exec` for the command.

    Attributes:
        usual: The context's own namespace; empty where it names none.
    """

    program: str
    context: str
    namespace: str = ""
    usual: str = ""

    def words(self, command: str, *more: str) -> tuple[str, ...]:
        """A command of kubectl."""
        where = (f"--namespace={self.namespace}",) if self.namespace else ()
        return (self.program, f"--context={self.context}", command, *where, *more)


def contexts(program: str) -> Menu:
    """All contexts of the kubeconfig, the current one first."""
    return Menu(
        f"{program}: which context",
        partial(_contexts, program),
        lambda text: _namespaces_of(_Scope(program, checked(text))),
    )


async def _contexts(program: str) -> Listing:
    known = await printed((program, "config", "view", "-o", _CONTEXTS))
    if known.problem or not known.lines:
        return Listing((), known.problem or f"{program} knows no context")
    rows = [line.partition("\t") for line in known.lines if "\t" in line]
    current = known.lines[0] if "\t" not in known.lines[0] else ""
    rows.sort(key=lambda row: row[0] != current)
    choices = tuple(
        Choice(name, "current" if name == current else "", _namespaces_of(scope))
        for name, _, usual in rows
        if name.isprintable() and (scope := _Scope(program, name, usual=usual.strip()))
    )
    return Listing(choices, "" if choices else f"{program} knows no context")


def _namespaces_of(scope: _Scope) -> Menu:
    return Menu(
        f"{scope.context}: which namespace",
        partial(_namespaces, scope),
        lambda text: _workloads_of(replace(scope, namespace=checked(text))),
    )


async def _namespaces(scope: _Scope) -> Listing:
    """Its own namespace first; that one also where the cluster lists none to this user."""
    known = await printed(scope.words("get", "namespaces", PATIENCE, "-o", _NAMESPACES))
    usual = scope.usual or "default"
    names = [name for name in dict.fromkeys((usual, *known.lines)) if usable(name)]
    if not known.problem and known.lines and usual not in known.lines:
        names.remove(usual)
    choices = tuple(
        Choice(
            name,
            "this context's own" if name == usual else "",
            _workloads_of(replace(scope, namespace=name)),
        )
        for name in names
    )
    return Listing(choices, known.problem)


def _workloads_of(scope: _Scope) -> Menu:
    return Menu(
        f"{scope.namespace}: which pod, or deploy/NAME",
        partial(_workloads, scope),
        lambda text: _place(scope, checked(text)),
    )


async def _workloads(scope: _Scope) -> Listing:
    """What runs there; where one kind is refused to this user, the others are listed."""
    what = "deployments,statefulsets,daemonsets,pods"
    known = await printed(scope.words("get", what, PATIENCE, "-o", _WORKLOADS))
    choices = [_workload(scope, line.split("\t")) for line in known.lines]
    return Listing(tuple(one for one in choices if one is not None), known.problem)


def _workload(scope: _Scope, row: list[str]) -> Choice | None:
    """A row, unless it is not what was asked for."""
    if len(row) != 4 or row[0] not in _KINDS or not usable(row[1]):
        return None
    kind, name, state, inside = row
    containers = [one for one in inside.split(" ") if usable(one)]
    short = _KINDS[kind]
    note = f"{state or 0} ready" if short else state
    leads = _container(scope, f"{short}/{name}" if short else name, containers)
    return Choice(f"{short}/{name}" if short else name, f"{note}: {', '.join(containers)}", leads)


def _container(scope: _Scope, target: str, containers: list[str]) -> MenuOrPreset:
    """The place itself; where there are several containers, which of them is asked."""
    if len(containers) < 2:
        return _place(scope, target)
    choices = tuple(Choice(one, "", _place(scope, target, one)) for one in containers)
    return Menu(
        f"{target}: which container",
        partial(_known, Listing(choices)),
        lambda text: _place(scope, target, checked(text)),
    )


async def _known(listed: Listing) -> Listing:
    return listed


def _place(scope: _Scope, target: str, container: str = "") -> Preset:
    inside = (f"--container={container}",) if container else ()
    # A name that is followed by nothing but `--`: words in front of it are options.
    prefix = scope.words("exec", *inside, target, "--")
    name = menu.short(target) if "/" in target else menu.name_of_pod(target)
    return Preset(name, prefix)

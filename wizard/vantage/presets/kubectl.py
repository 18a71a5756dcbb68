"""Menus of contexts, namespaces, workloads and containers, as kubectl (or oc) lists them."""

from dataclasses import dataclass, replace
from functools import partial

from wizard.text.display import comma_list, labelled
from wizard.text.messages import tr
from wizard.vantage.presets import menu
from wizard.vantage.presets.menu import Choice, Listing, Menu, MenuOrPreset, Preset, parse_name

_REQUEST_TIMEOUT = "--request-timeout=6s"
"""Shorter than `LIST_TIMEOUT_S`, so that kubectl itself can report what it waited for."""
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
    """The choices so far, and the context's `default` namespace.

    Values are passed as `--name=value`: none can be taken for an option, nor a context named
    `exec` for the command.
    """

    program: str
    context: str
    namespace: str = ""
    default: str = ""

    def words(self, command: str, *more: str) -> tuple[str, ...]:
        """Return a command of kubectl in this scope."""
        namespace = (f"--namespace={self.namespace}",) if self.namespace else ()
        return (self.program, f"--context={self.context}", command, *namespace, *more)


def context_menu(program: str) -> Menu:
    """Return the menu of the kubeconfig's contexts, the current one first."""
    return Menu(
        tr("{program}: which context", program=program),
        partial(_list_contexts, program),
        lambda text: _namespace_menu(_Scope(program, parse_name(text))),
    )


async def _list_contexts(program: str) -> Listing:
    listed = await menu.list_lines((program, "config", "view", "-o", _CONTEXTS))
    if listed.problem or not listed.lines:
        return Listing((), listed.problem or tr("{program} has no context", program=program))
    rows = [line.partition("\t") for line in listed.lines if "\t" in line]
    current = listed.lines[0] if "\t" not in listed.lines[0] else ""
    rows.sort(key=lambda row: row[0] != current)
    choices = tuple(
        Choice(name, "current" if name == current else "", _namespace_menu(scope))
        for name, _, default in rows
        if name.isprintable() and (scope := _Scope(program, name, default=default.strip()))
    )
    return Listing(choices, "" if choices else tr("{program} has no context", program=program))


def _namespace_menu(scope: _Scope) -> Menu:
    return Menu(
        tr("{context}: which namespace", context=scope.context),
        partial(_list_namespaces, scope),
        lambda text: _workload_menu(replace(scope, namespace=parse_name(text))),
    )


async def _list_namespaces(scope: _Scope) -> Listing:
    """List the namespaces, the context's own first, even if the user may not list any."""
    words = scope.words("get", "namespaces", _REQUEST_TIMEOUT, "-o", _NAMESPACES)
    listed, default = await menu.list_lines(words), scope.default or "default"
    names = list(filter(menu.is_usable_name, dict.fromkeys((default, *listed.lines))))
    if not listed.problem and listed.lines and default not in listed.lines:
        names.remove(default)
    notes = {default: tr("this context's own")}
    choices = tuple(
        Choice(name, notes.get(name, ""), _workload_menu(replace(scope, namespace=name)))
        for name in names
    )
    return Listing(choices, listed.problem)


def _workload_menu(scope: _Scope) -> Menu:
    return Menu(
        tr("{namespace}: which pod, or deploy/NAME", namespace=scope.namespace),
        partial(_list_workloads, scope),
        lambda text: _make_preset(scope, parse_name(text)),
    )


async def _list_workloads(scope: _Scope) -> Listing:
    """List the workloads; if the user may not list one kind, those of the others."""
    kinds = "deployments,statefulsets,daemonsets,pods"
    listed = await menu.list_lines(scope.words("get", kinds, _REQUEST_TIMEOUT, "-o", _WORKLOADS))
    choices = [_parse_workload(scope, line.split("\t")) for line in listed.lines]
    return Listing(tuple(choice for choice in choices if choice), listed.problem)


def _parse_workload(scope: _Scope, row: list[str]) -> Choice | None:
    if len(row) != 4 or row[0] not in _KINDS or not menu.is_usable_name(row[1]):
        return None
    kind, name, state, container_names = row
    containers = list(filter(menu.is_usable_name, container_names.split(" ")))
    prefix = _KINDS[kind]
    target, note = (
        (f"{prefix}/{name}", tr("{state} ready", state=state or 0)) if prefix else (name, state)
    )
    chosen = _preset_or_containers(scope, target, containers)
    return Choice(target, labelled(note, comma_list(containers)), chosen)


def _preset_or_containers(scope: _Scope, target: str, containers: list[str]) -> MenuOrPreset:
    """Return the preset, or the menu of containers if there are several."""
    if len(containers) < 2:
        return _make_preset(scope, target)
    choices = tuple(Choice(name, "", _make_preset(scope, target, name)) for name in containers)
    return Menu(
        tr("{target}: which container", target=target),
        partial(_return, Listing(choices)),
        lambda text: _make_preset(scope, target, parse_name(text)),
    )


async def _return(listing: Listing) -> Listing:
    return listing


def _make_preset(scope: _Scope, target: str, container: str = "") -> Preset:
    option = (f"--container={container}",) if container else ()
    # The target is the last word before `--`; all options come before it.
    prefix = scope.words("exec", *option, target, "--")
    name = menu.short_name(target) if "/" in target else menu.name_of_pod(target)
    return Preset(name, prefix)

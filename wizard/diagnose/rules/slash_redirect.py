"""The URL is redirected to itself with, or without, a trailing slash."""

from dataclasses import dataclass

from wizard.diagnose.facts import directives, posts
from wizard.diagnose.facts.evidence import location_name, path_evidence
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Confidence, Evidence, Finding, Fix
from wizard.model.handshake import Side
from wizard.model.timeline import Timeline
from wizard.text.display import and_list, labelled, safe, sentences
from wizard.text.messages import tr
from wizard.text.urls import join_url, origin_of, split_url

REDIRECTS = frozenset({301, 302, 307, 308})
_KEEPS_METHOD = frozenset({307, 308})
_NGINX = Fix(tr("use the exact URL, or serve the path without the slash (`location = …`)"), "nginx")
_PREFIX = Fix(
    tr(
        "set the prefix in the backend (its root path), so that it redirects below it; or give "
        "clients the exact URL, which is not redirected"
    ),
    "backend",
)


@dataclass(frozen=True, slots=True)
class _Redirect:
    """An answer that redirects to the same path but for a slash.

    Attributes:
        target: The URL to which it leads.
        lost: The prefix of the requested path that the target lacks; empty if it has the whole.
    """

    answer: Timeline
    target: str
    lost: str = ""

    @property
    def is_followed(self) -> bool:
        """True if clients follow it as it is meant: same server, same path, same method."""
        same = origin_of(self.answer.probe.url) == origin_of(self.target)
        return same and not self.lost and self.answer.status in _KEEPS_METHOD


def check(rule: Rule, case: Case) -> Finding | None:
    """A redirect whose Location differs by the trailing slash of its path."""
    stream, message = _first_redirect(_answers(case, "proxy")), _message_redirect(case)
    redirect = stream or message
    if redirect is None:
        return None
    direct = _first_redirect(_answers(case, "direct"))
    confidence, latent = _confidence(case, redirect)
    if stream is None and not (direct or _is_routed(case)):
        confidence = "possible"
    redirects = filter(None, (redirect, direct))
    evidence = (*map(_redirect_evidence, redirects), *_config_evidence(case))
    distinguishes = _distinguishes(redirect, by_backend=direct is not None)
    fix = _fix(case, redirect, by_backend=direct is not None)
    return rule.finding(confidence, evidence, distinguishes, latent=latent, fix=fix)


def _answers(case: Case, side: Side) -> list[Timeline]:
    """The answers of one side to the GET of the stream, and to the opening POST."""
    results = case.proxy if side == "proxy" else case.direct
    handshake = case.handshake(side)
    opening = handshake.opening if handshake and side == "direct" else None
    return [*(result.timeline for result in results), *([opening.timeline] if opening else [])]


def _message_redirect(case: Case) -> _Redirect | None:
    """The redirect of the failed POST, unless another server than the backend gives it.

    If the backend takes the same POST, or if the config leads it elsewhere, its path is not routed.
    """
    failed, message = posts.failed_post(case), case.message_resolution
    if failed is None:
        return None
    is_elsewhere = failed.accepted is not None or posts.reaches_backend(case) is False
    is_by_nginx = message is not None and directives.adds_slash(message)
    return None if is_elsewhere and not is_by_nginx else _first_redirect([failed.answer])


def _is_routed(case: Case) -> bool:
    """True if the config shows who redirects the POST: the backend, or Nginx for its location."""
    message = case.message_resolution
    return posts.reaches_backend(case) is True or bool(message and directives.adds_slash(message))


def _first_redirect(answers: list[Timeline]) -> _Redirect | None:
    return next((redirect for each in answers if (redirect := _read_redirect(each))), None)


def _read_redirect(answer: Timeline) -> _Redirect | None:
    """The redirect in an answer; None if it leads to another path."""
    if answer.status not in REDIRECTS:
        return None
    url = answer.probe.url
    try:
        target = join_url(url, (answer.header("location") or "").strip())
        path, new_path, _ = split_url(url).path, split_url(target).path, split_url(target).port
    except ValueError:
        return None
    bare, new_bare = path.rstrip("/"), new_path.rstrip("/")
    if path != new_path and bare == new_bare:
        return _Redirect(answer, target)
    has_slash = path.endswith("/"), new_path.endswith("/")
    if new_bare and bare.endswith(new_bare) and has_slash[0] != has_slash[1]:
        return _Redirect(answer, target, bare.removesuffix(new_bare))
    return None


def _confidence(case: Case, redirect: _Redirect) -> tuple[Confidence, bool]:
    """How sure it is, and whether nothing fails by it."""
    if not redirect.lost:
        return "confirmed", redirect.is_followed
    path = split_url(redirect.target).path
    if case.resolution is not None and posts.is_routed(case.resolution, path):
        return "likely", True
    if posts.stripped_prefix(case) != redirect.lost:
        return "possible", False
    return ("confirmed" if case.resolution else "likely"), False


def _fix(case: Case, redirect: _Redirect, *, by_backend: bool) -> Fix | None:
    """The fix where the redirect comes from; None for the rule's own."""
    if redirect.lost:
        return _PREFIX
    resolutions = filter(None, (case.resolution, case.message_resolution))
    is_static = not all(map(directives.is_proxied, resolutions))
    return _NGINX if is_static and not by_backend else None


def _config_evidence(case: Case) -> tuple[Evidence, ...]:
    location = case.resolution.location if case.resolution else None
    if location is None or case.resolution is None or directives.is_proxied(case.resolution):
        return (path_evidence(case.resolution),) if case.resolution else ()
    text = labelled(location_name(location), safe(location.reason, 200))
    return (Evidence("config", str(location.directive.where), text),)


def _redirect_evidence(redirect: _Redirect) -> Evidence:
    answer = redirect.answer
    path = safe(split_url(answer.probe.url).path, 120)
    location = safe(answer.header("location") or "", 200)
    text = tr(
        "{path} answered {status} with Location: {location}",
        path=path,
        status=answer.status,
        location=location,
    )
    return Evidence("probe", answer.probe.label, text)


def _distinguishes(redirect: _Redirect, *, by_backend: bool) -> str:
    parts = [tr("The two paths differ only by the slash.")]
    if redirect.lost:
        parts = [
            tr(
                "It leads to a path without {lost}, and with another slash.",
                lost=safe(redirect.lost, 80),
            )
        ]
    if by_backend:
        parts.append(tr("The backend itself redirects, also without Nginx."))
    problems = _problems(redirect)
    if problems:
        parts.append(
            tr("It leads {problems}: most clients fail there.", problems=and_list(problems))
        )
    if redirect.is_followed:
        parts.append(tr("Clients follow it and keep the method: check the URL that it names."))
    elif redirect.answer.status not in _KEEPS_METHOD:
        parts.append(
            tr(
                "A client that follows {status} makes a GET of a POST.",
                status=redirect.answer.status,
            )
        )
    return sentences(parts)


def _problems(redirect: _Redirect) -> list[str]:
    """What is wrong with the target's scheme and address."""
    public, target = split_url(redirect.answer.probe.url), split_url(redirect.target)
    problems = []
    if public.scheme == "https" and target.scheme == "http":
        problems.append(tr("to http://, where the public URL is https://"))
    if public.hostname != target.hostname or (public.port != target.port and not problems):
        problems.append(
            tr("to {netloc}, which is not the public address", netloc=safe(target.netloc, 120))
        )
    return problems


RULE = Rule(
    id="slash-redirect",
    stage=Stage.ROUTE,
    fix=Fix(tr("use the exact URL, with or without the slash as the server names it"), "client"),
    check=check,
)

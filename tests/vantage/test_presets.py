"""The menus of places: from real clients if installed, else from what they would print."""

import os
import signal
from pathlib import Path

import pytest

from tests.tools import needs
from tests.vantage.cluster import FORBIDDEN, api_list, api_object, cluster, kubeconfig
from tests.vantage.fakes import Fakes
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError
from wizard.vantage.presets import Choice, Listing, Menu, Preset, list_kinds, menu
from wizard.vantage.presets.kubectl import context_menu
from wizard.vantage.presets.local import container_menu, namespace_menu
from wizard.vantage.process import start_process

SMALL_LIMIT = 64 << 10
real_kubectl = needs("kubectl")


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """A folder of fake programs, first on PATH."""
    fakes = Fakes(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{fakes.folder}:{os.environ['PATH']}")
    return fakes


def texts(listing: Listing) -> list[str]:
    return [row.text for row in listing.choices]


def choice(listing: Listing, text: str) -> Choice:
    return next(row for row in listing.choices if row.text == text)


async def load(menu: object) -> Listing:
    """Return the rows of a menu."""
    assert isinstance(menu, Menu)
    return await menu.load()


def parse(menu: object, text: str) -> object:
    """Return what a typed text leads to."""
    assert isinstance(menu, Menu)
    assert menu.parse is not None
    return menu.parse(text)


CONTEXTS = "prod\nstage\t\nprod\tweb\n--as=root\t\nexec\t\n"
WORKLOADS = (
    "Deployment\tnginx\t2\tnginx\n"
    "StatefulSet\tdb\t\tpostgres\n"
    "Pod\tnginx-7d4b9c6f5b-x2x9z\tRunning\tnginx agent\n"
    "Pod\t--all\tRunning\tx\n"
    "Secret\tnot-asked-for\t\t\n"
    "half a line\n"
)


def play_cluster(fakes: Fakes) -> None:
    fakes.add(
        "kubectl",
        ("config view", CONTEXTS),
        ("get namespaces", "default\nweb\nkube-system\n"),
        ("get --namespace=web deployments,", WORKLOADS),
    )


async def test_menus_lead_from_the_context_to_a_container(fakes: Fakes) -> None:
    play_cluster(fakes)
    listing = await load(context_menu("kubectl"))
    assert texts(listing) == ["prod", "stage", "--as=root", "exec"]
    assert listing.choices[0].note == "current"
    namespaces_listing = await load(choice(listing, "prod").next)
    assert texts(namespaces_listing) == ["web", "default", "kube-system"]
    workloads = await load(choice(namespaces_listing, "web").next)
    assert texts(workloads) == ["deploy/nginx", "sts/db", "nginx-7d4b9c6f5b-x2x9z"]
    assert [row.note for row in workloads.choices] == [
        "2 ready: nginx",
        "0 ready: postgres",
        "Running: nginx, agent",
    ]
    container_listing = await load(choice(workloads, "nginx-7d4b9c6f5b-x2x9z").next)
    preset = choice(container_listing, "agent").next
    assert isinstance(preset, Preset)
    assert preset == Preset(
        "nginx",
        ("kubectl", "--context=prod", "exec", "--namespace=web", "--container=agent",
         "nginx-7d4b9c6f5b-x2x9z", "--"),
    )  # fmt: skip
    assert preset.logs == (
        *("kubectl", "--context=prod", "logs", "--follow", "--since=10m", "--namespace=web"),
        *("--container=agent", "nginx-7d4b9c6f5b-x2x9z"),
    )


async def test_each_command_names_its_context_and_no_name_becomes_an_option(
    fakes: Fakes,
) -> None:
    play_cluster(fakes)
    listing = await load(context_menu("kubectl"))
    await load(await _first_namespace(choice(listing, "--as=root")))
    words = fakes.argv("kubectl")
    assert words.count("--context=--as=root") == 2
    assert "--as=root" not in words
    assert "--request-timeout=6s" in words


async def _first_namespace(context: Choice) -> object:
    return (await load(context.next)).choices[0].next


async def test_a_context_named_exec_is_not_the_command(fakes: Fakes) -> None:
    play_cluster(fakes)
    listing = await load(context_menu("kubectl"))
    preset = parse(parse(choice(listing, "exec").next, "prod"), "deploy/ssh")
    assert isinstance(preset, Preset)
    argv = Vantage("x", preset.prefix).argv(["echo", "a b"])
    assert argv == [
        *("kubectl", "--context=exec", "exec", "-i", "--namespace=prod", "deploy/ssh", "--"),
        *("echo", "a b"),
    ]


async def test_names_can_be_typed_if_the_cluster_lists_nothing(fakes: Fakes) -> None:
    message = (
        'Error from server (Forbidden): namespaces is forbidden: User "dev" cannot list resource '
        '"namespaces" in API group "" at the cluster scope'
    )
    fakes.write(
        "kubectl",
        f"case \"$*\" in *config*) printf 'prod\\nprod\\tweb\\n';; "
        f"*) echo '{message}' >&2; exit 1;; esac",
    )
    listing = await load(context_menu("kubectl"))
    namespaces_listing = await load(listing.choices[0].next)
    assert (texts(namespaces_listing), namespaces_listing.problem) == (["web"], message)
    workloads = await load(namespaces_listing.choices[0].next)
    assert (texts(workloads), workloads.problem) == ([], message)
    preset = parse(namespaces_listing.choices[0].next, "web-0")
    assert isinstance(preset, Preset)
    assert preset.prefix[-2:] == ("web-0", "--")


@pytest.mark.parametrize("text", ["--all", "two words", "", "a\x1b[2J"])
async def test_an_invalid_name_is_refused(text: str, fakes: Fakes) -> None:
    play_cluster(fakes)
    with pytest.raises(UsageError, match="a name is one word"):
        parse(context_menu("kubectl"), text)


async def test_endless_output_and_a_missing_program_give_a_sentence(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.vantage.presets.menu.MAX_LIST_BYTES", SMALL_LIMIT)
    fakes.write("docker", "while :; do echo 'web\timage\tUp'; done")
    listing = await load(container_menu("docker"))
    assert "more than is read here" in listing.problem
    assert 0 < len(listing.choices) <= SMALL_LIMIT / len("web\timage\tUp\n")
    missing = await load(container_menu("no-such-docker"))
    assert missing.problem == "no-such-docker cannot be run here: No such file or directory"


async def test_a_program_that_does_not_end_is_killed(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.vantage.presets.menu.LIST_TIMEOUT_S", 0.2)
    fakes.write("docker", "echo 'please log in' >&2; exec sleep 30")
    listing = await load(container_menu("docker"))
    assert listing.choices == ()
    assert listing.problem.startswith("docker: no answer within")


@needs("setsid")
async def test_background_processes_are_not_waited_for(fakes: Fakes) -> None:
    # Like an ssh master connection, which stays in the background and keeps our pipes open.
    fakes.write("docker", "setsid sleep 30 & echo $! >\"$0.left\"; printf 'web\\tx\\tUp\\n'")
    try:
        async with start_process(["docker", "ps"]) as process:
            assert await process.stdout.readline() == b"web\tx\tUp\n"
    finally:
        os.kill(int((fakes.folder / "docker.left").read_text()), signal.SIGKILL)


async def test_escape_sequences_are_made_visible(fakes: Fakes) -> None:
    fakes.failing("docker", "\x1b[2Jno daemon")
    listing = await load(container_menu("docker"))
    assert listing.problem == "\\e[2Jno daemon"


async def test_docker_containers(fakes: Fakes) -> None:
    fakes.add("docker", ("ps --format", "web\tnginx:1.22\tUp 2 hours\n-evil\tx\tUp\nbare\n"))
    listing = await load(container_menu("docker"))
    assert [(row.text, row.note) for row in listing.choices] == [
        ("web", "nginx:1.22, Up 2 hours"),
        ("bare", ""),
    ]
    preset = listing.choices[0].next
    assert preset == Preset("web", ("docker", "exec", "web"))
    assert isinstance(preset, Preset)
    assert preset.logs == ("docker", "logs", "--follow", "--since=10m", "web")
    assert fakes.argv("docker") == ["ps", "--format", "{{.Names}}\t{{.Image}}\t{{.Status}}"]


async def test_docker_without_a_daemon(fakes: Fakes) -> None:
    message = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?"
    fakes.failing("docker", message)
    assert (await load(container_menu("docker"))).problem == message


async def test_network_namespaces(fakes: Fakes) -> None:
    fakes.add("ip", ("netns list", "ns1 (id: 0)\nns2\n"))
    listing = await load(namespace_menu())
    assert texts(listing) == ["ns1", "ns2"]
    assert listing.choices[0].next == Preset("ns1", ("ip", "netns", "exec", "ns1"))


async def test_only_installed_programs_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes = Fakes(tmp_path / "only")
    monkeypatch.setenv("PATH", str(fakes.folder))
    assert list_kinds() == ()
    for program in ("oc", "podman", "ip"):
        fakes.add(program)
    assert [row.text for row in list_kinds()] == ["oc", "podman", "netns"]
    fakes.add("kubectl")
    assert [row.text for row in list_kinds()] == ["kubectl", "podman", "netns"]


@real_kubectl
async def test_contexts_of_the_real_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespaces_of = {"--help": "", "a b": "", "arn:aws:eks:x/ssh": "", "prod": "web"}
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, namespaces_of, "http://127.0.0.1:1")))
    listing = await load(context_menu("kubectl"))
    assert texts(listing)[0] == "prod"
    assert set(texts(listing)) == set(namespaces_of)
    # Nothing listens there: only the context's own namespace is listed, and kubectl's error.
    namespaces_listing = await load(listing.choices[0].next)
    assert texts(namespaces_listing) == ["web"]
    assert namespaces_listing.problem.startswith(
        "The connection to the server 127.0.0.1:1 was refused"
    )
    unusual = await load(choice(listing, "--help").next)
    assert unusual.problem.startswith("The connection to the server 127.0.0.1:1 was refused")


@real_kubectl
async def test_workloads_of_the_real_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def containers_of(*names: str) -> dict[str, object]:
        return {"containers": [{"name": name} for name in names]}

    template = {"template": {"spec": containers_of("nginx")}}
    apps = "/apis/apps/v1/namespaces/prod"
    answers = {
        "/api/v1/namespaces": api_list("Namespace", "v1", api_object("prod", {}, {})),
        f"{apps}/deployments": api_list(
            "Deployment", "apps/v1", api_object("nginx", template, {"readyReplicas": 2})
        ),
        f"{apps}/statefulsets": FORBIDDEN,
        f"{apps}/daemonsets": api_list(
            "DaemonSet", "apps/v1", api_object("agent", template, {"numberReady": 3})
        ),
        "/api/v1/namespaces/prod/pods": api_list(
            "Pod",
            "v1",
            api_object("nginx-0", containers_of("nginx", "agent"), {"phase": "Running"}),
        ),
    }
    with cluster(tmp_path, answers) as config_path:
        monkeypatch.setenv("KUBECONFIG", str(config_path))
        monkeypatch.setenv("HOME", str(tmp_path))  # kubectl caches what it discovers there
        namespaces_listing = await load((await load(context_menu("kubectl"))).choices[0].next)
        listing = await load(choice(namespaces_listing, "prod").next)
    assert [(row.text, row.note) for row in listing.choices] == [
        ("deploy/nginx", "2 ready: nginx"),
        ("ds/agent", "3 ready: nginx"),
        ("nginx-0", "Running: nginx, agent"),
    ]
    assert "statefulsets.apps is forbidden" in listing.problem


def test_only_a_container_has_a_log() -> None:
    container = Preset("x", ("docker", "exec", "-it", "web"))
    assert container.logs == ("docker", "logs", "--follow", "--since=10m", "web")
    assert Preset("x", ("ssh", "jump")).logs == ()
    assert Preset("x", ("ip", "netns", "exec", "docker")).logs == ()


@pytest.mark.parametrize(
    ("pod", "name"),
    [
        ("web-7d4b9c6f5b-x2x9z", "web"),
        ("agent-x2x9z", "agent"),
        ("db-0", "db-0"),
        ("123", "there"),
        ("a-very-long-name-of-a-service-7d4b9c6f5b-x2x9z", "a-very-long-name-of"),
    ],
)
def test_a_pod_is_named_after_its_owner(pod: str, name: str) -> None:
    assert menu.name_of_pod(pod) == name

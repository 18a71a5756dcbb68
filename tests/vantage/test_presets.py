"""What is offered to choose from: real clients where they are, else what they would print."""

import os
import signal
from pathlib import Path

import pytest

from tests.tools import needs
from tests.vantage.cluster import FORBIDDEN, cluster, item, kubeconfig, listing
from tests.vantage.fakes import Fakes
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError
from wizard.vantage.presets import Choice, Listing, Menu, Preset, list_kinds, menu
from wizard.vantage.presets.kubectl import contexts
from wizard.vantage.presets.local import containers, namespaces
from wizard.vantage.process import start_process

SHORT = 64 << 10
real_kubectl = needs("kubectl")


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """Programs of our own before all others."""
    made = Fakes(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{made.folder}:{os.environ['PATH']}")
    return made


def texts(listed: Listing) -> list[str]:
    return [row.text for row in listed.choices]


def chosen(listed: Listing, text: str) -> Choice:
    return next(row for row in listed.choices if row.text == text)


async def opened(leads: object) -> Listing:
    """What the menu has."""
    assert isinstance(leads, Menu)
    return await leads.load()


def typed(leads: object, text: str) -> object:
    """Where that text leads."""
    assert isinstance(leads, Menu)
    assert leads.parse is not None
    return leads.parse(text)


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


async def test_kubectl_leads_from_the_context_to_a_container(fakes: Fakes) -> None:
    play_cluster(fakes)
    listed = await opened(contexts("kubectl"))
    assert texts(listed) == ["prod", "stage", "--as=root", "exec"]
    assert listed.choices[0].note == "current"
    spaces = await opened(chosen(listed, "prod").next)
    assert texts(spaces) == ["web", "default", "kube-system"]
    inside = await opened(chosen(spaces, "web").next)
    assert texts(inside) == ["deploy/nginx", "sts/db", "nginx-7d4b9c6f5b-x2x9z"]
    assert [row.note for row in inside.choices] == [
        "2 ready: nginx",
        "0 ready: postgres",
        "Running: nginx, agent",
    ]
    last = await opened(chosen(inside, "nginx-7d4b9c6f5b-x2x9z").next)
    place = chosen(last, "agent").next
    assert isinstance(place, Preset)
    assert place == Preset(
        "nginx",
        ("kubectl", "--context=prod", "exec", "--namespace=web", "--container=agent",
         "nginx-7d4b9c6f5b-x2x9z", "--"),
    )  # fmt: skip
    assert place.logs == (
        *("kubectl", "--context=prod", "logs", "--follow", "--since=10m", "--namespace=web"),
        *("--container=agent", "nginx-7d4b9c6f5b-x2x9z"),
    )


async def test_each_question_names_its_context_and_no_name_becomes_an_option(
    fakes: Fakes,
) -> None:
    play_cluster(fakes)
    listed = await opened(contexts("kubectl"))
    await opened(await _first_namespace(chosen(listed, "--as=root")))
    words = fakes.argv("kubectl")
    assert words.count("--context=--as=root") == 2
    assert "--as=root" not in words
    assert "--request-timeout=6s" in words


async def _first_namespace(context: Choice) -> object:
    return (await opened(context.next)).choices[0].next


async def test_a_context_called_exec_is_not_the_command(fakes: Fakes) -> None:
    play_cluster(fakes)
    listed = await opened(contexts("kubectl"))
    place = typed(typed(chosen(listed, "exec").next, "prod"), "deploy/ssh")
    assert isinstance(place, Preset)
    argv = Vantage("x", place.prefix).argv(["echo", "a b"])
    assert argv == [
        *("kubectl", "--context=exec", "exec", "-i", "--namespace=prod", "deploy/ssh", "--"),
        *("echo", "a b"),
    ]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("kubectl --context=x/ssh exec a --", "kubectl --context=x/ssh exec -i a -- echo 'a b'"),
        ("ip netns exec docker", "ip netns exec docker echo 'a b'"),
        ("ip netns exec n docker exec -it w", "ip netns exec n docker exec -i w echo 'a b'"),
        ("sudo -- docker exec w", "sudo -- docker exec -i w echo 'a b'"),
        ("ssh jump docker exec w", "ssh jump docker exec -i w 'echo '\"'\"'a b'\"'\"''"),
    ],
)
def test_names_that_are_also_programs_change_nothing(prefix: str, expected: str) -> None:
    assert Vantage("x", tuple(prefix.split())).shown(["echo", "a b"]) == expected


async def test_a_cluster_that_lists_nothing_still_takes_names(fakes: Fakes) -> None:
    said = (
        'Error from server (Forbidden): namespaces is forbidden: User "dev" cannot list resource '
        '"namespaces" in API group "" at the cluster scope'
    )
    fakes.write(
        "kubectl",
        f"case \"$*\" in *config*) printf 'prod\\nprod\\tweb\\n';; "
        f"*) echo '{said}' >&2; exit 1;; esac",
    )
    listed = await opened(contexts("kubectl"))
    spaces = await opened(listed.choices[0].next)
    assert (texts(spaces), spaces.problem) == (["web"], said)
    inside = await opened(spaces.choices[0].next)
    assert (texts(inside), inside.problem) == ([], said)
    place = typed(spaces.choices[0].next, "web-0")
    assert isinstance(place, Preset)
    assert place.prefix[-2:] == ("web-0", "--")


@pytest.mark.parametrize("text", ["--all", "two words", "", "a\x1b[2J"])
async def test_what_cannot_be_a_name_is_refused(text: str, fakes: Fakes) -> None:
    play_cluster(fakes)
    with pytest.raises(UsageError, match="a name is one word"):
        typed(contexts("kubectl"), text)


async def test_endless_output_and_a_program_that_is_gone_end_in_a_sentence(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.vantage.presets.menu.MAX_LIST_BYTES", SHORT)
    fakes.write("docker", "while :; do echo 'web\timage\tUp'; done")
    listed = await opened(containers("docker"))
    assert "more than is read here" in listed.problem
    assert 0 < len(listed.choices) <= SHORT / len("web\timage\tUp\n")
    gone = await opened(containers("no-such-docker"))
    assert gone.problem == "no-such-docker cannot be run here: No such file or directory"


async def test_what_does_not_end_is_ended(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.vantage.presets.menu.LIST_TIMEOUT_S", 0.2)
    fakes.write("docker", "echo 'please log in' >&2; exec sleep 30")
    listed = await opened(containers("docker"))
    assert listed.choices == ()
    assert listed.problem.startswith("docker: no answer within")


@needs("setsid")
async def test_what_it_leaves_behind_is_not_waited_for(fakes: Fakes) -> None:
    # As an ssh that stays in the background for the next one, with our pipes still open.
    fakes.write("docker", "setsid sleep 30 & echo $! >\"$0.left\"; printf 'web\\tx\\tUp\\n'")
    try:
        async with start_process(["docker", "ps"]) as running:
            assert await running.stdout.readline() == b"web\tx\tUp\n"
    finally:
        os.kill(int((fakes.folder / "docker.left").read_text()), signal.SIGKILL)


async def test_escape_sequences_are_shown_not_sent(fakes: Fakes) -> None:
    fakes.failing("docker", "\x1b[2Jno daemon")
    listed = await opened(containers("docker"))
    assert listed.problem == "\\e[2Jno daemon"


async def test_docker_containers(fakes: Fakes) -> None:
    fakes.add("docker", ("ps --format", "web\tnginx:1.22\tUp 2 hours\n-evil\tx\tUp\nbare\n"))
    listed = await opened(containers("docker"))
    assert [(row.text, row.note) for row in listed.choices] == [
        ("web", "nginx:1.22, Up 2 hours"),
        ("bare", ""),
    ]
    place = listed.choices[0].next
    assert place == Preset("web", ("docker", "exec", "web"))
    assert isinstance(place, Preset)
    assert place.logs == ("docker", "logs", "--follow", "--since=10m", "web")
    assert fakes.argv("docker") == ["ps", "--format", "{{.Names}}\t{{.Image}}\t{{.Status}}"]


async def test_docker_without_a_daemon_says_so(fakes: Fakes) -> None:
    said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?"
    fakes.failing("docker", said)
    assert (await opened(containers("docker"))).problem == said


async def test_network_namespaces(fakes: Fakes) -> None:
    fakes.add("ip", ("netns list", "ns1 (id: 0)\nns2\n"))
    listed = await opened(namespaces())
    assert texts(listed) == ["ns1", "ns2"]
    assert listed.choices[0].next == Preset("ns1", ("ip", "netns", "exec", "ns1"))


async def test_only_what_is_installed_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Fakes(tmp_path / "only")
    monkeypatch.setenv("PATH", str(made.folder))
    assert list_kinds() == ()
    for program in ("oc", "podman", "ip"):
        made.add(program)
    assert [row.text for row in list_kinds()] == ["oc", "podman", "netns"]
    made.add("kubectl")
    assert [row.text for row in list_kinds()] == ["kubectl", "podman", "netns"]


@real_kubectl
async def test_contexts_of_the_real_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"--help": "", "a b": "", "arn:aws:eks:x/ssh": "", "prod": "web"}
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, known, "http://127.0.0.1:1")))
    listed = await opened(contexts("kubectl"))
    assert texts(listed)[0] == "prod"
    assert set(texts(listed)) == set(known)
    # Nothing listens there: its own namespace stays, with kubectl's own words.
    spaces = await opened(listed.choices[0].next)
    assert texts(spaces) == ["web"]
    assert spaces.problem.startswith("The connection to the server 127.0.0.1:1 was refused")
    odd = await opened(chosen(listed, "--help").next)
    assert odd.problem.startswith("The connection to the server 127.0.0.1:1 was refused")


@real_kubectl
async def test_what_the_real_kubectl_lists_of_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inside(*names: str) -> dict[str, object]:
        return {"containers": [{"name": name} for name in names]}

    made = {"template": {"spec": inside("nginx")}}
    apps = "/apis/apps/v1/namespaces/prod"
    answers = {
        "/api/v1/namespaces": listing("Namespace", "v1", item("prod", {}, {})),
        f"{apps}/deployments": listing(
            "Deployment", "apps/v1", item("nginx", made, {"readyReplicas": 2})
        ),
        f"{apps}/statefulsets": FORBIDDEN,
        f"{apps}/daemonsets": listing(
            "DaemonSet", "apps/v1", item("agent", made, {"numberReady": 3})
        ),
        "/api/v1/namespaces/prod/pods": listing(
            "Pod", "v1", item("nginx-0", inside("nginx", "agent"), {"phase": "Running"})
        ),
    }
    with cluster(tmp_path, answers) as config:
        monkeypatch.setenv("KUBECONFIG", str(config))
        monkeypatch.setenv("HOME", str(tmp_path))  # kubectl caches what it discovers there
        spaces = await opened((await opened(contexts("kubectl"))).choices[0].next)
        listed = await opened(chosen(spaces, "prod").next)
    assert [(row.text, row.note) for row in listed.choices] == [
        ("deploy/nginx", "2 ready: nginx"),
        ("ds/agent", "3 ready: nginx"),
        ("nginx-0", "Running: nginx, agent"),
    ]
    assert "statefulsets.apps is forbidden" in listed.problem


def test_only_a_container_has_a_log_of_its_own() -> None:
    typed = Preset("x", ("docker", "exec", "-it", "web"))
    assert typed.logs == ("docker", "logs", "--follow", "--since=10m", "web")
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
def test_a_pod_is_called_as_what_made_it(pod: str, name: str) -> None:
    assert menu.name_of_pod(pod) == name

"""Messages of ssh, kubectl, docker and ip, each turned into one sentence."""

import pytest

from wizard.vantage.failures import FAILURES, no_answer, not_started

KUBECTL = ("kubectl", "exec", "-n", "prod", "web-7d9f", "-c", "nginx", "--")
DISTROLESS = (
    "error: Internal error occurred: OCI runtime exec failed: exec failed: unable to start "
    'container process: exec: "sh": executable file not found in $PATH: unknown'
)
MESSAGES = {
    "changed": (
        "@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nIT IS POSSIBLE…\n"
        "Host key verification failed.",
        "the host's key has changed",
    ),
    "unknown host key": ("Host key verification failed.", "ssh -p 22 jump true"),
    "no key of that type": (
        "No ED25519 host key is known for [h]:22 and you have requested strict checking.",
        "connect once by hand",
    ),
    "question": (
        "The authenticity of host 'h (10.0.0.1)' can't be established.",
        "connect once by hand",
    ),
    "no key": ("u@h: Permission denied (publickey,password).", "use a key with an agent"),
    "password again": ("Permission denied, please try again.", "use a key with an agent"),
    "prompt": ("u@h's password: ", "use a key with an agent"),
    "sudo": ("sudo: a password is required", "use a key with an agent"),
    "passphrase": ("Enter passphrase for key '/home/u/.ssh/id': ", "use a key with an agent"),
    "name": ("ssh: Could not resolve hostname nosuch: Name or service not known", "name right?"),
    "refused": ("ssh: connect to host h port 22: Connection refused", "is sshd running there?"),
    "timed out": ("ssh: connect to host h port 22: Connection timed out", "is sshd running there?"),
    "hung up": (
        "kex_exchange_identification: Connection closed by remote host",
        "sshd closed the connection",
    ),
    "a jump": (
        "channel 0: open failed: administratively prohibited: open failed\n"
        "stdio forwarding failed\nkex_exchange_identification: Connection closed",
        "the jump host does not forward to it",
    ),
    "no shell": (DISTROLESS, "distroless"),
    "no shell, runc": (
        'exec failed: unable to start container process: exec: "sh": stat sh: no '
        "such file or directory",
        "distroless",
    ),
    "upgrade": (
        'error: unable to upgrade connection: container not found ("x")',
        "are you allowed to `exec`",
    ),
    "forbidden": (
        'Error from server (Forbidden): pods "web" is forbidden: User "u" cannot create resource',
        "your account may not",
    ),
    "no pod": ('Error from server (NotFound): pods "web" not found', "the right name"),
    "no such container there": ("error: container nope is not valid for pod web", "the right name"),
    "docker name": ("Error response from daemon: No such container: web", "the right name"),
    "docker stopped": ("Error response from daemon: container 3f is not running", "start it first"),
    "podman stopped": (
        "Error: can only create exec sessions on running containers: container state"
        " improper: cannot exec in a stopped container",
        "start it first",
    ),
    "docker daemon": (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
        "running?",
        "Is the docker daemon running?",
    ),
    "no cluster": (
        "The connection to the server localhost:8080 was refused - did you specify the right host?",
        "logged in to the right place",
    ),
    "netns": ('Cannot open network namespace "ns1": No such file or directory', "the right name?"),
    "rights": ("nsenter: reassociate to namespace failed: Operation not permitted", "more rights"),
    "no command": ("sh: 1: kubectl: not found", "is its prefix right?"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_becomes_one_sentence(name: str) -> None:
    message, expected = MESSAGES[name]
    sentence = not_started(1, f"Welcome!\n{message}\n", prefix=("ssh", "-p", "22", "jump"))
    assert expected in sentence
    assert sentence.isprintable()
    assert "\n" not in sentence


def test_a_message_that_is_a_question_gets_no_second_one() -> None:
    message = MESSAGES["docker daemon"][0]
    assert not_started(1, message) == message
    question = "did you specify the right host or port?"
    sentence = not_started(
        1, f"The connection to the server localhost:8080 was refused - {question}"
    )
    assert f"{question} Is it the right name" in sentence


def test_there_is_a_message_for_each_failure() -> None:
    matched = set()
    for message, _ in MESSAGES.values():
        patterns = (failure.pattern for failure in FAILURES)
        matched.add(next(pattern for pattern in patterns if pattern.search(message)))
    assert matched == {failure.pattern for failure in FAILURES}


def test_a_distroless_pod_gets_a_command_to_paste() -> None:
    sentence = not_started(1, DISTROLESS, prefix=KUBECTL)
    assert sentence.endswith("kubectl -n prod debug -it web-7d9f --image=busybox --target=nginx")


def test_unknown_names_of_a_pod_are_placeholders() -> None:
    sentence = not_started(1, DISTROLESS, prefix=("kubectl", "exec", "deploy/nginx", "--"))
    assert sentence.endswith("kubectl debug -it POD --image=busybox --target=CONTAINER")


def test_a_distroless_docker_container() -> None:
    assert "--network container:NAME" in not_started(
        1, DISTROLESS, prefix=("docker", "exec", "web")
    )


def test_an_unknown_message_is_shown_as_it_is() -> None:
    assert not_started(3, "one\n\x1b[31mtwo\n") == (
        "it ended with status 3 before our command started: \\e[31mtwo"
    )
    assert not_started(None, "") == "it ended before our command started"
    assert not_started(97, "") == (
        "its standard input is not passed on: leave out `ssh -n`, or add `-i`"
    )
    assert no_answer(10, "") == "no answer within 10 s"
    assert no_answer(10, "waiting\n") == "no answer within 10 s: waiting"


def test_a_secret_in_a_message_is_not_shown() -> None:
    assert "hunter2" not in not_started(1, "cannot open https://me:hunter2@h/\n")

"""Sample results: one for each verdict, and one in which every text is hostile."""

from dataclasses import replace

from tests.rules.samples.build import PROXY_URL, make_case
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.diagnosis import (
    BlockLine,
    Diagnosis,
    Evidence,
    Finding,
    Fix,
    Part,
    Recommendation,
)
from wizard.model.probe import Probe
from wizard.model.probe_result import ProbeResult
from wizard.model.steps import StepId, StepState
from wizard.model.target import Source, Target
from wizard.model.timeline import Timeline
from wizard.report import Result

STEP_STATES: dict[StepId, StepState] = {
    "root": StepState("root", "pass", "200 text/html after 3 ms"),
    "proxy": StepState("proxy", "fail", "held in 2 of 2: not even headers after 2.00 s"),
    "direct": StepState("direct", "pass", "live: first data after 6 ms"),
    "config": StepState("config", "warn", "location / (nginx.conf:6) would hold 2 of 2 kinds"),
    "logs": StepState("logs", "skip", "missing: a log file"),
}
RECOMMENDATION = Recommendation(
    "proxy_buffering off, in a location for /sse alone",
    (
        Part(
            (
                BlockLine("    location = /sse {", "wins for this path alone"),
                BlockLine(
                    "\tproxy_pass http://127.0.0.1:12213;", "kept: the same upstream", kept=True
                ),
                BlockLine("\tproxy_buffering off;", "each event is passed on as it comes"),
                BlockLine("    }", "the end of the block"),
            ),
            "insert",
            "insert before line 6 of nginx.conf",
            "nginx.conf:6",
        ),
    ),
    "--- nginx.conf\n+++ nginx.conf\n@@ -1,1 +1,2 @@\n \tlocation / {\n+\tproxy_buffering off;\n",
    "/etc/nginx",
    (("gzip off;", "each flush passes through gzip at once"),),
)


def fault() -> Result:
    """Return the incident: held through the proxy, live when requested directly, buffering on."""
    case = make_case(proxy="held", direct="live", settings={"proxy_buffering": "on"})
    return Result(case, diagnose(case), RECOMMENDATION, STEP_STATES, 2.0456)


def healthy() -> Result:
    """Return a result that is live in every probe."""
    case = make_case(proxy="live", direct="live", settings={"proxy_buffering": "off"})
    passed = {step: replace(state, state="pass") for step, state in STEP_STATES.items()}
    return Result(case, diagnose(case), None, passed, 0.5)


def inconclusive() -> Result:
    """Return a result with a held stream and no other input."""
    full = make_case(proxy="held", direct="held")
    case = Case(Target(PROXY_URL), root=full.root, proxy=full.proxy)
    return Result(case, diagnose(case), None, {"proxy": STEP_STATES["proxy"]}, 5.0)


SECRET = "Hunter2x9Zq"
HOSTILE = (
    "a\x1b[31m\x07\x00\x9b2J\u202e\u2028\ud800\ufffe\r\nb | `c` ```` ``` ]]> </failure> & <b> "
    f"![i](http://h/?sessionId={SECRET}) [l](x) Authorization: Bearer {SECRET}"
)
HOSTILE_LINES = (
    BlockLine("location /a {\x1b[2J \x9b ```` \u202e", HOSTILE),
    BlockLine("}", ""),
)
PATH = "/etc/\x1b[2J\x9b\u202e ` '/nginx.conf:6"


def hostile() -> Result:
    """Return a result in which every text that comes from outside is `HOSTILE`."""
    url = f"http://u:{SECRET}@h/sse?access_token={SECRET}"
    line = Timeline(Probe("sse-proxy", url), ended="reset", detail=HOSTILE)
    target = Target(url, (Source(url),), Source(HOSTILE), headers=(("Cookie", SECRET),))
    finding = Finding(
        "proxy-buffering-hold",
        HOSTILE,
        "likely",
        (Evidence("log", HOSTILE, HOSTILE),),
        Fix(HOSTILE, "nginx"),
        HOSTILE,
    )
    recommendation = Recommendation(
        HOSTILE,
        (Part(HOSTILE_LINES, "insert", f"insert before {PATH}", PATH),),
        "--- a\n+++ a\n \x1b[2J\x9b ````\n",
        PATH,
        ((HOSTILE, HOSTILE),),
        (HOSTILE,),
    )
    diagnosis = Diagnosis("fault", HOSTILE, (finding,), (finding,), (HOSTILE,))
    states = {step: replace(state, why=HOSTILE) for step, state in STEP_STATES.items()}
    case = Case(target, proxy=(ProbeResult(line, "cut", HOSTILE),))
    return Result(case, diagnosis, recommendation, states, 1.0)

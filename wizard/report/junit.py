"""The report as JUnit XML for a CI server: one test case for each check."""

from xml.etree import ElementTree as Xml

from wizard.report.result import Result
from wizard.text.display import safe


def junit_report(result: Result) -> str:
    """Return a `testsuite` with a `testcase` for each check and one for the verdict."""
    return xml_text(junit_suite(result, "ssewizard"))


def junit_suite(result: Result, name: str) -> Xml.Element:
    """Return the suite of one target.

    The name is also the `classname` of its cases, by which CI servers group them. `safe` escapes
    every character that XML 1.0 cannot contain.
    """
    checks = result.checks
    suite = Xml.Element("testsuite", name=name, time=f"{result.elapsed_s:.3f}")
    for check in checks:
        case = Xml.SubElement(suite, "testcase", classname=name, name=check.id)
        if check.status == "warn":
            Xml.SubElement(case, "system-out").text = safe(check.why)
        elif check.status != "pass":
            tag = "failure" if check.status == "fail" else "skipped"
            Xml.SubElement(case, tag, message=safe(check.why))
    verdict = Xml.SubElement(suite, "testcase", classname=name, name="verdict")
    diagnosis = result.diagnosis
    if diagnosis.verdict != "healthy":
        causes = "\n".join(
            f"{safe(cause.id, 80)} ({cause.confidence})" for cause in diagnosis.causes
        )
        failure = Xml.SubElement(verdict, "failure", message=safe(diagnosis.summary))
        failure.text = safe(causes or "no cause could be shown")
    suite.set("tests", str(len(checks) + 1))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    return suite


def skipped_suite(name: str, why: str) -> Xml.Element:
    """Return the suite of a target that was not probed: a skipped verdict and nothing else."""
    suite = Xml.Element("testsuite", name=name, time="0.000", tests="1", failures="0", skipped="1")
    verdict = Xml.SubElement(suite, "testcase", classname=name, name="verdict")
    Xml.SubElement(verdict, "skipped", message=safe(why))
    return suite


def xml_text(root: Xml.Element) -> str:
    """Return the XML document, indented."""
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, "unicode") + "\n"

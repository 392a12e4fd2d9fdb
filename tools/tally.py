"""Counts of test outcomes, and their reading from JUnit XML as ctest, GoogleTest and pytest write it."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ALLOWED_SKIP = "needs a GPU"
NOT_BUILT = "Unable to find executable"  # ctest's word for a test program that failed to build


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )


def skip_reason(case: ElementTree.Element) -> str | None:
    """Why a test was skipped, None if it was not. ctest gives no reason, but the test's output, which holds it."""
    skipped = case.find("skipped")
    if skipped is None:
        not_run = case.get("status") in ("notrun", "disabled") or case.get("result") in ("skipped", "suppressed")
        return "not run" if not_run else None
    output = case.findtext("system-out") or ""
    return ALLOWED_SKIP if ALLOWED_SKIP in output else skipped.get("message") or "no reason given"


def read_case(case: ElementTree.Element, skips_fail: bool) -> Tally:
    # ctest writes the whole name into both.
    name = ".".join(dict.fromkeys(filter(None, (case.get("classname"), case.get("name")))))
    if case.find("failure") is not None or case.find("error") is not None:
        return Tally(failed=1, failures=[name])
    reason = skip_reason(case)
    if reason is None:
        return Tally(passed=1)
    if reason == NOT_BUILT:
        return Tally(failed=1, failures=[name])
    if skips_fail and not reason.startswith(ALLOWED_SKIP):
        return Tally(failed=1, failures=[f"{name} (skipped: {reason})"])
    return Tally(skipped=1)


def read_junit(report: Path, skips_fail: bool) -> Tally:
    cases = ElementTree.parse(report).getroot().iter("testcase")
    return sum((read_case(case, skips_fail) for case in cases), Tally())

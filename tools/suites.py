"""`./run test`: builds, runs every suite to its end whatever the others did, and closes with one sum over all.

    suites.py [FILTER] [--preset release|dev|tsan]

Suites report through JUnit XML in build/reports/. In CI (CI=true) a skipped test is a failure, unless its reason begins
with "needs a GPU".
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import sources
from tally import Tally, read_junit

REPORTS = sources.ROOT / "build" / "reports"
JOBS = str(os.cpu_count() or 1)
NAMED_FAILURES = 40  # a suite whose program was not built fails as a whole
# Some tests watch a server's memory, which is not to be AddressSanitizer's store of freed blocks (256 MB otherwise).
# OpenVINO's CPU plugin gives the thread that loads it a signal stack, and unmaps that at the end; AddressSanitizer
# would have unmapped it with the thread, and by then something else may lie there.
ASAN_OPTIONS = "quarantine_size_mb=8:use_sigaltstack=0"
TSAN_PROGRAMS = [f"parlance_{folder}_test" for folder in ("net", "rpc", "interceptors", "services", "load", "edge", "models", "scheduling", "text")]


@dataclass
class Suite:
    name: str
    preset: str  # "" runs whatever the preset asked for
    run: Callable[[str], Tally]  # takes the filter
    beside: bool = False  # runs side by side with the others that do: they wait more than they compute


class Output(threading.local):
    """Where the commands of this thread write."""

    stream: TextIO = sys.stdout


output = Output()


def command(*arguments: str, **environment: str) -> int:
    print("\n$ " + " ".join(arguments), file=output.stream, flush=True)
    done = subprocess.run(arguments, cwd=sources.ROOT, env={**os.environ, **environment}, stdout=output.stream, stderr=subprocess.STDOUT)
    return done.returncode


def one_check(*arguments: str) -> Tally:
    return Tally(passed=1) if command(*arguments) == 0 else Tally(failed=1)


def reported(name: str, filtered: bool, run: Callable[[Path], int]) -> Tally:
    """Runs a suite that writes a JUnit report. No report, no test, or a failure that is not in it count as one failure."""
    report = REPORTS / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    returncode = run(report)
    tally = read_junit(report, skips_fail=os.environ.get("CI") == "true") if report.exists() else Tally()
    empty = tally.total == 0 and not filtered
    unexplained = returncode != 0 and tally.failed == 0 and tally.total > 0
    return tally + Tally(failed=1) if empty or unexplained else tally


def house_rules(_: str) -> Tally:
    checks = ["check_format.py", "check_includes.py", "check_rules.py", "check_guide.py"]
    return sum((one_check(sys.executable, f"tools/{check}") for check in checks), Tally())


def build(preset: str, *targets: str) -> Callable[[str], Tally]:
    """Builds all that can be built (-k 0), so that one broken file does not hide the tests of the others."""

    def run(_: str) -> Tally:
        script = "source tools/lib.sh && configure $0 && cmake --build build/$0 -- -k 0 -j $(nproc) $@"
        built = command("bash", "-c", script, preset, *targets, NINJA_STATUS="[%f/%t %es] ")
        return Tally() if built == 0 else Tally(failed=1)

    return run


def unit(preset: str) -> Callable[[str], Tally]:
    def run(pattern: str) -> Tally:
        selected = ["-R", pattern] if pattern else []
        return reported(f"unit-{preset}", bool(pattern), lambda report: command(
            "ctest", "--test-dir", f"build/{preset}", "-j", JOBS, "--output-on-failure", "--output-junit", str(report),
            *selected, ASAN_OPTIONS=ASAN_OPTIONS))

    return run


def thread_sanitizer(pattern: str) -> Tally:
    tally = Tally()
    for program in TSAN_PROGRAMS:
        if (sources.ROOT / "build" / "tsan" / program).exists():
            tally += reported(program, bool(pattern), lambda report, program=program: command(
                f"build/tsan/{program}", "--gtest_brief=1", f"--gtest_output=xml:{report}",
                f"--gtest_filter=*{pattern}*" if pattern else "--gtest_filter=*"))
    return tally


def python(preset: str, *folders: str) -> Callable[[str], Tally]:
    """What pytest finds in the folders, with the programs of one build under test."""

    def run(pattern: str) -> Tally:
        selected = ["-k", pattern] if pattern else []
        return reported(f"python-{preset}", bool(pattern), lambda report: command(
            sys.executable, "-m", "pytest", f"--junitxml={report}", *selected, *folders,
            PARLANCE_BUILD=str(sources.ROOT / "build" / preset), ASAN_OPTIONS=ASAN_OPTIONS))

    return run


SUITES = [
    Suite("house rules", "", house_rules),
    Suite("build release", "release", build("release")),
    Suite("build dev", "dev", build("dev")),
    Suite("build tsan", "tsan", build("tsan", *TSAN_PROGRAMS)),
    Suite("unit, optimised", "release", unit("release")),  # the slab recycles only here
    Suite("unit, ASan+UBSan", "dev", unit("dev")),
    Suite("threads, TSan", "tsan", thread_sanitizer),
    Suite("programs, tools", "release", python("release", "tests", "tools", "bench"), beside=True),
    # A sanitizer's build is not installed: programs would need its flags too. Its red zones are not a server's memory.
    Suite("programs, ASan+UBSan", "dev", python("dev", "tests", *(f"--ignore=tests/{one}" for one in (
        "package", "e2e/test_memory.py", "e2e/test_reload_memory.py"))), beside=True),
]


Row = tuple[Suite, Tally, float]


def run_suite(suite: Suite, pattern: str) -> Row:
    print(f"\n=== {suite.name}", file=output.stream, flush=True)
    began = time.monotonic()
    tally = suite.run(pattern)
    return suite, tally, time.monotonic() - began


def run_unseen(suite: Suite, pattern: str) -> Row:
    """What it says is shown at its end."""
    with tempfile.TemporaryFile("w+") as said:
        output.stream = said
        try:
            return run_suite(suite, pattern)
        finally:
            said.seek(0)
            print(said.read(), flush=True)


def run_all(suites: list[Suite], pattern: str) -> list[Row]:
    rows = [run_suite(suite, pattern) for suite in suites if not suite.beside]
    beside = [suite for suite in suites if suite.beside]
    with ThreadPoolExecutor() as others:
        unseen = [others.submit(run_unseen, suite, pattern) for suite in beside[1:]]
        rows += [run_suite(suite, pattern) for suite in beside[:1]]
        return rows + [one.result() for one in unseen]


def print_summary(rows: list[tuple[Suite, Tally, float]]) -> None:
    for suite, tally, _ in rows:
        for name in tally.failures[:NAMED_FAILURES]:
            print(f"failed: {suite.name}: {name}")
        if (more := len(tally.failures) - NAMED_FAILURES) > 0:
            print(f"failed: {suite.name}: and {more} more")
    print(f"\n{'suite':<22}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for suite, tally, seconds in rows:
        print(f"{suite.name:<22}{tally.passed:>8}{tally.failed:>8}{tally.skipped:>9}{seconds:>9.0f}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run test", description="Build and run the test suites.")
    parser.add_argument("filter", nargs="?", default="", help="only tests whose names match")
    parser.add_argument("--preset", choices=["release", "dev", "tsan"], help="only the suites of this build")
    options = parser.parse_args(arguments)

    suites = [suite for suite in SUITES if options.preset in (None, suite.preset)]
    if options.filter:
        suites = [suite for suite in suites if suite.name != "house rules"]
    rows = run_all(suites, options.filter)
    print()
    print_summary(rows)
    total = sum((tally for _, tally, _ in rows), Tally())
    print(f"\n{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 1 if total.failed or not total.total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

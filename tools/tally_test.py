import pytest
from tally import Tally, read_junit


@pytest.fixture
def junit(tmp_path):
    def read(*cases: str, skips_fail: bool = False) -> Tally:
        report = tmp_path / "report.xml"
        report.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
        return read_junit(report, skips_fail)

    return read


PASSED = '<testcase classname="a" name="b"/>'
FAILED = '<testcase classname="a" name="c"><failure message="no"/></testcase>'
SKIPPED = '<testcase classname="a" name="d"><skipped message="no port"/></testcase>'
NEEDS_GPU = '<testcase classname="a" name="e"><skipped message="needs a GPU: none here"/></testcase>'
CTEST_SKIPPED = (
    '<testcase name="f" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
    "<system-out>x_test.cpp:3: Skipped\nneeds a GPU\n</system-out></testcase>"
)


def test_outcomes_are_counted_and_failures_named(junit):
    assert junit(PASSED, PASSED, FAILED, SKIPPED) == Tally(2, 1, 1, ["a.c"])


def test_an_error_outside_the_test_is_a_failure(junit):
    assert junit('<testcase classname="a" name="b"><error message="setup"/></testcase>') == Tally(0, 1, 0, ["a.b"])


def test_where_skips_fail_only_the_need_of_a_gpu_excuses(junit):
    tally = junit(PASSED, SKIPPED, NEEDS_GPU, CTEST_SKIPPED, skips_fail=True)
    assert tally == Tally(1, 1, 2, ["a.d (skipped: no port)"])


def test_a_test_program_that_was_not_built_is_a_failure(junit):
    tally = junit('<testcase name="x_NOT_BUILT" classname="x_NOT_BUILT" status="notrun"><skipped message="Unable to find executable"/></testcase>')
    assert tally == Tally(0, 1, 0, ["x_NOT_BUILT"])


def test_a_disabled_test_is_skipped(junit):
    assert junit('<testcase name="x" status="disabled"/>') == Tally(0, 0, 1)
    assert junit('<testcase name="x" status="disabled"/>', skips_fail=True).failed == 1


def test_tallies_add_up():
    assert Tally(1, 2, 3, ["a"]) + Tally(1, 0, 0) == Tally(2, 2, 3, ["a"])

from pathlib import Path

from check_rules import check_reasons, check_readmes, check_text


def test_every_source_folder_has_a_readme():
    files = [Path("src/README.md"), Path("src/base/a.cpp"), Path("cmake/README.md"), Path(".ci/run")]
    assert check_readmes(files) == ["src/base: no README.md"]
    assert check_readmes(files + [Path("src/base/README.md")]) == []


def test_a_folder_readme_is_at_most_forty_lines():
    assert check_text("src/base/README.md", "x\n" * 40) == []
    assert check_text("src/base/README.md", "x\n" * 41) == ["src/base/README.md: 41 lines, at most 40"]
    assert check_text("README.md", "x\n" * 200) == []


def test_a_path_of_one_machine_is_found():
    assert check_text("a.sh", "cd /root/x\n") == ["a.sh:1: a path of one machine: /root/x"]
    assert check_text("a.sh", "cd build/work/x\n") == []


def test_a_package_host_is_found():
    assert len(check_text("a.md", "from pypi.org\n")) == 1
    assert check_text("a.md", "from PyPI\n") == []


def test_an_unfinished_mark_is_found():
    assert len(check_text("a.cpp", "// TODO later\n")) == 1
    assert check_text("a.cpp", "kTodoList\n") == []


def test_a_reason_without_an_entry_is_found():
    text = 'return grpc::make_error(StatusCode::kInternal, "A_REASON",\n  "why");'
    assert check_reasons("src/a.cpp", text, '"ANOTHER"') == ["src/a.cpp: src/grpc/error_reasons.cpp lacks A_REASON"]
    assert check_reasons("src/a.cpp", text, '"A_REASON"') == []
    assert check_reasons("src/a_test.cpp", text, "") == []

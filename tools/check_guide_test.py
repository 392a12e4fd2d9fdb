from check_guide import checked, region

EXAMPLE = """int main() {
  // [outer]
  call();
  // [inner]
  if (x) {
    y();
  }
  // [/inner]
  // [/outer]
}
"""


def page(code: str, mark: str = "<!-- a.cpp [inner] -->\n") -> str:
    return f"# Title\n\n{mark}```cpp\n{code}```\n\nMore.\n"


def read(path: str) -> str | None:
    return EXAMPLE if path == "a.cpp" else None


def test_a_region_is_dedented_and_without_the_marks_of_others():
    assert region(EXAMPLE, "inner") == "if (x) {\n  y();\n}\n"
    assert region(EXAMPLE, "outer") == "call();\nif (x) {\n  y();\n}\n"
    assert region(EXAMPLE, "none") is None


def test_a_block_that_is_the_examples_text_passes():
    text = page("if (x) {\n  y();\n}\n")
    assert checked("p.md", text, read) == (text, [])


def test_a_block_that_differs_is_told_and_can_be_copied():
    fixed, problems = checked("p.md", page("if (x) y();\n"), read)
    assert problems == ["p.md:4: differs from [inner] in a.cpp; check_guide.py --fix copies it"]
    assert checked("p.md", fixed, read) == (fixed, [])


def test_a_region_or_a_file_that_is_not_there_is_told():
    assert checked("p.md", page("x\n", "<!-- a.cpp [gone] -->\n"), read)[1] == ["p.md:4: no [gone] in a.cpp"]
    assert checked("p.md", page("x\n", "<!-- b.cpp [inner] -->\n"), read)[1] == ["p.md:4: no [inner] in b.cpp"]


def test_code_that_names_no_example_is_told_and_a_shell_block_is_not():
    assert checked("p.md", page("x\n", ""), read)[1] == ["p.md:3: a block of cpp that names no example"]
    assert checked("p.md", "```\n./run test\n```\n", read)[1] == []

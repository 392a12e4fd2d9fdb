"""The runtime installed as a library and as a Debian package: a program outside of the tree is built on both, and called."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.process import BUILD, ROOT, ServerProcess

SAMPLE = ROOT / "examples" / "sample"
# Below the build, at the same place each time, so that ccache knows the sample from the last run.
WORK = BUILD / "package-test"
LAUNCHER = shutil.which("ccache")
# With make, our headers are no system headers, so they must pass these too.
WARNINGS = "-Wall -Wextra -Wpedantic -Wshadow -Werror"
STRIPPED_SERVER_LIMIT_BYTES = 8_000_000


def run(*command: str | Path, **options) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fresh(name: str) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def prefix() -> Path:
    """What `cmake --install` of the runtime leaves."""
    folder = fresh("prefix")
    run("cmake", "--install", BUILD, "--component", "dev", "--prefix", folder)
    return folder


@pytest.fixture(scope="module")
def package() -> Path:
    folder = fresh("package")
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    [deb] = folder.glob("*.deb")
    return deb


@pytest.fixture(scope="module")
def unpacked(package) -> Path:
    """/usr as the package leaves it."""
    folder = fresh("unpacked")
    run("dpkg-deb", "-x", package, folder)
    return folder / "usr"


@pytest.fixture(scope="module")
def cmake_sample(prefix) -> Path:
    """The folder with the sample's programs, built with find_package."""
    folder = fresh("cmake")
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={LAUNCHER}"] if LAUNCHER else []
    run("cmake", "-S", SAMPLE, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_FLAGS={WARNINGS}", f"-DCMAKE_PREFIX_PATH={prefix}", *launcher)
    run("cmake", "--build", folder)
    return folder


@pytest.fixture(scope="module")
def make_sample(unpacked) -> Path:
    """The folder with the sample's programs, built with make and pkg-config on the unpacked package."""
    folder = fresh("make") / "sample"
    shutil.copytree(SAMPLE, folder)
    paths = {**os.environ, "PKG_CONFIG_PATH": str(unpacked / "lib" / "pkgconfig")}
    run("make", "-C", folder, "-j2", f"CXX={LAUNCHER or ''} c++".strip(),
        f"CXXFLAGS=-O1 {WARNINGS}", env=paths)
    return folder


def greeting(programs: Path, name: str) -> subprocess.CompletedProcess:
    with ServerProcess(str(programs / "sample-server"), "127.0.0.1:0") as server:
        client = [programs / "sample-client", server.address, name]
        done = subprocess.run(client, capture_output=True, text=True, timeout=60)
        server.terminate()
        assert server.wait() == 0
    return done


def test_a_program_built_with_find_package_is_called(cmake_sample):
    assert greeting(cmake_sample, "Ada").stdout == "Hello, Ada\n"


def test_its_client_tells_why_a_call_failed(cmake_sample):
    done = greeting(cmake_sample, "")
    assert done.returncode == 1
    assert "INVALID_ARGUMENT" in done.stderr and "name is empty" in done.stderr


def test_a_program_built_with_pkg_config_on_the_package_is_called(make_sample):
    assert greeting(make_sample, "Ada").stdout == "Hello, Ada\n"


def test_a_stripped_server_is_small_and_carries_the_runtime_itself(cmake_sample, tmp_path):
    stripped = tmp_path / "sample-server"
    run("strip", "-o", stripped, cmake_sample / "sample-server")
    assert stripped.stat().st_size <= STRIPPED_SERVER_LIMIT_BYTES
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", stripped))
    assert not [library for library in needed if "parlance" in library]


def test_every_header_that_an_installed_header_includes_is_installed(prefix):
    headers = prefix / "include" / "parlance"
    missing = {
        (str(header.relative_to(headers)), included)
        for header in headers.rglob("*.h")
        for included in re.findall(r'^#include "(.*)"', header.read_text(), re.MULTILINE)
        if not (headers / included).exists()
    }
    assert not missing
    assert (headers / "rpc" / "server.h").exists()
    assert (headers / "grpc" / "health" / "v1" / "health.pb.h").exists()


def test_what_only_tests_and_the_inference_server_need_is_not_installed(prefix):
    names = [str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()]
    assert not [name for name in names if re.search(r"test|gtest|models/|dialects/|/app/|openvino", name)]


def test_nothing_installed_names_the_build(prefix):
    for path in [*prefix.rglob("*.cmake"), *prefix.rglob("*.pc")]:
        assert str(ROOT) not in path.read_text(), path


def test_the_package_lists_its_files(package):
    listed = {line.split()[-1].removeprefix("./") for line in run("dpkg-deb", "-c", package).splitlines()}
    libraries = {"base", "http2", "grpc", "net", "rpc", "services", "proto_grpc"}
    assert listed >= {
        "usr/bin/protoc-gen-parlance",
        "usr/include/parlance/rpc/server.h",
        "usr/include/parlance/rpc/channel.h",
        "usr/lib/cmake/parlance/parlanceConfig.cmake",
        "usr/lib/cmake/parlance/ParlanceGenerate.cmake",
        "usr/lib/pkgconfig/parlance.pc",
        "usr/lib/pkgconfig/parlance-services.pc",
        "usr/share/doc/libparlance-dev/copyright",
        *(f"usr/lib/libparlance_{name}.a" for name in libraries),
    }


def test_the_package_depends_on_what_it_links(package):
    fields = dict(
        re.findall(r"^ (\S+): (.*)$", run("dpkg-deb", "-I", package), re.MULTILINE))
    assert fields["Package"] == "libparlance-dev"
    assert re.search(r"project\(parlance VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1) == fields["Version"]
    depends = {re.split(r"[ (]", item)[0] for item in fields["Depends"].split(", ")}
    assert depends >= {"libprotobuf-dev", "protobuf-compiler", "libssl-dev", "libc-ares-dev", "zlib1g-dev", "libzstd-dev"}


def test_pkg_config_asks_for_what_the_package_depends_on(prefix):
    paths = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    required = run("pkg-config", "--print-requires", "parlance", env=paths)
    names = {line.split()[0] for line in required.splitlines()}
    assert names == {"protobuf", "libssl", "libcrypto", "libcares", "zlib", "libzstd"}

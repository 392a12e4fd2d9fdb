from check_includes import check_heavy, check_text


def test_a_folder_includes_only_folders_above_it():
    assert check_text("http2", "a.h", '#include "base/bytes.h"\n') == []
    assert check_text("http2", "a.h", '#include "http2/frame.h"\n') == []
    assert check_text("http2", "a.h", '\n#include "rpc/call.h"\n') == ['2: "rpc/call.h": http2 may not include rpc']


def test_net_knows_no_messages_although_grpc_is_above_it():
    assert check_text("net", "a.cpp", '#include "grpc/framing.h"\n') == [
        '1: "grpc/framing.h": net may not include grpc'
    ]


def test_an_include_names_its_folder():
    assert check_text("rpc", "a.cpp", '#include "call.h"\n') == ['1: "call.h": name the folder, as in "rpc/call.h"']


def test_pure_layers_reach_no_thread_socket_or_library_that_does():
    for include in ["thread", "mutex", "sys/socket.h", "netinet/in.h", "boost/histogram.hpp", "google/protobuf/arena.h"]:
        assert check_text("grpc", "a.cpp", f"#include <{include}>\n") == [f"1: <{include}>: grpc is a pure layer"]
    assert check_text("net", "a.cpp", "#include <thread>\n") == []
    assert check_text("http2", "a.h", "#include <sys/uio.h>\n") == []


def test_a_test_of_a_pure_layer_may_use_threads():
    assert check_text("base", "slab_test.cpp", "#include <thread>\n") == []


def test_pure_layers_read_no_clock_and_no_environment():
    assert check_text("base", "a.cpp", "auto now = Clock::now();\n") == [
        "1: Clock::now: base is a pure layer; time and settings are arguments"
    ]
    assert len(check_text("http2", "a.h", 'std::getenv("X");\n')) == 1
    assert check_text("rpc", "a.cpp", "auto now = Clock::now();\n") == []


def test_a_header_with_a_heavy_library_is_private_to_its_folder():
    loop = "#include <boost/histogram.hpp>\n"
    user = '#include "net/loop_impl.h"\n'
    assert check_heavy({"net/loop_impl.h": loop, "net/loop.cpp": user}) == []
    assert check_heavy({"net/loop_impl.h": loop, "rpc/server_test.cpp": user}) == []
    assert check_heavy({"net/loop_impl.h": loop, "rpc/server.cpp": user}) == [
        'rpc/server.cpp: "net/loop_impl.h" includes a heavy library: it is private to its folder'
    ]


def test_the_call_templates_may_know_what_a_message_is():
    user = '#include "rpc/codec.h"\n'
    lite = "#include <google/protobuf/message_lite.h>\n"
    full = "#include <google/protobuf/message.h>\n"
    assert check_heavy({"rpc/codec.h": lite, "services/health.h": user}) == []
    assert len(check_heavy({"rpc/codec.h": full, "services/health.h": user})) == 1

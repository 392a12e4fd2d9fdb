# parlance_jinja: the Jinja engine of llama.cpp, from the sources that ./run setup puts into .deps/jinja
# (docs/decisions/0019-chat-templates.md). Foreign code: our warnings are not for it.
find_path(PARLANCE_JINJA_DIR jinja/runtime.h NO_DEFAULT_PATH REQUIRED PATHS ${PROJECT_SOURCE_DIR}/.deps/jinja)

# All that it wants of ggml.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/jinja/ggml.h CONTENT "#pragma once
#include <cstdlib>
#define GGML_ASSERT(condition) do { if (!(condition)) std::abort(); } while (0)
#define GGML_ABORT(...) std::abort()
")
add_library(parlance_jinja STATIC)
foreach(file json unicode jinja/lexer jinja/parser jinja/runtime jinja/string jinja/value)
  target_sources(parlance_jinja PRIVATE ${PARLANCE_JINJA_DIR}/${file}.cpp)
endforeach()
target_include_directories(parlance_jinja PRIVATE ${PROJECT_BINARY_DIR}/jinja)
target_include_directories(parlance_jinja SYSTEM PUBLIC ${PARLANCE_JINJA_DIR})
target_link_libraries(parlance_jinja PRIVATE nlohmann_json::nlohmann_json)
target_compile_options(parlance_jinja PRIVATE -w)

# parlance_xgrammar: which tokens a grammar lets come next, from the sources that ./run setup puts into .deps/xgrammar
# (docs/decisions/0020-constrained-output.md). Foreign code: our warnings are not for it.
find_path(PARLANCE_XGRAMMAR_DIR include/xgrammar/xgrammar.h NO_DEFAULT_PATH REQUIRED
  PATHS ${PROJECT_SOURCE_DIR}/.deps/xgrammar)

file(GLOB_RECURSE sources ${PARLANCE_XGRAMMAR_DIR}/cpp/*.cc)
add_library(parlance_xgrammar STATIC ${sources})
set_target_properties(parlance_xgrammar PROPERTIES CXX_STANDARD 17)
target_include_directories(parlance_xgrammar SYSTEM PUBLIC
  ${PARLANCE_XGRAMMAR_DIR}/include ${PARLANCE_XGRAMMAR_DIR}/3rdparty/dlpack/include ${PARLANCE_XGRAMMAR_DIR}/cpp)
target_include_directories(parlance_xgrammar SYSTEM PRIVATE ${PARLANCE_XGRAMMAR_DIR}/3rdparty/picojson)
# What it says goes to src/models/grammar/xgrammar_messages.cpp, not to stderr.
target_compile_definitions(parlance_xgrammar PUBLIC
  XGRAMMAR_LOG_CUSTOMIZE=1 XGRAMMAR_ENABLE_CPPTRACE=0 XGRAMMAR_ENABLE_INTERNAL_CHECK=0)
target_compile_options(parlance_xgrammar PRIVATE -w -g0)
if(PARLANCE_SANITIZE MATCHES undefined)
  target_compile_options(parlance_xgrammar PRIVATE -fno-sanitize=undefined)  # its own affair, and half of the compile time
endif()
target_link_libraries(parlance_xgrammar PUBLIC Threads::Threads)

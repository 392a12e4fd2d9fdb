# parlance_folder(<name> [DEPENDS <folder or library>...] [TEST_DEPENDS <library>...] [EXCLUDE <regex>])
#
# One static library for the folder it is called in: every *.cpp but *_test.cpp and *_bench.cpp goes into the
# target parlance_<name> (alias parlance::<name>), the *_test.cpp files into the test program
# parlance_<name>_test, and the *_bench.cpp files into the benchmark parlance_<name>_bench. Headers are
# included from src/ ("http2/connection.h"). Files whose path matches EXCLUDE belong to another target.
function(parlance_folder name)
  cmake_parse_arguments(arg "" "EXCLUDE" "DEPENDS;TEST_DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  if(arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${arg_EXCLUDE})
  endif()
  set(tests ${sources})
  set(benchmarks ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benchmarks INCLUDE REGEX "_bench\\.cpp$")

  if(sources)
    add_library(parlance_${name} STATIC ${sources})
    target_include_directories(parlance_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
    target_link_libraries(parlance_${name} PUBLIC ${arg_DEPENDS} PRIVATE $<BUILD_INTERFACE:parlance_warnings>)
  else()
    add_library(parlance_${name} INTERFACE)
    target_include_directories(parlance_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(parlance_${name} INTERFACE ${arg_DEPENDS})
  endif()
  add_library(parlance::${name} ALIAS parlance_${name})

  if(PARLANCE_TESTS AND tests)
    parlance_test(parlance_${name}_test ${tests})
    target_link_libraries(parlance_${name}_test PRIVATE parlance_${name} ${arg_TEST_DEPENDS})
  endif()
  if(PARLANCE_BENCHMARKS AND benchmarks)
    add_executable(parlance_${name}_bench ${benchmarks})
    target_link_libraries(parlance_${name}_bench PRIVATE parlance_${name} benchmark::benchmark parlance_warnings)
  endif()
endfunction()

# parlance_test(<target> <source>...): a GoogleTest program, each of its tests known to ctest.
function(parlance_test target)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE GTest::gmock GTest::gtest GTest::gtest_main parlance_warnings)
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()

# Every library the project links, found once. ./run setup installs them (packages/ has the lists with reasons).
find_package(Threads REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(OpenSSL 3 REQUIRED)  # TLS
find_package(ZLIB REQUIRED)      # gzip, deflate
find_package(zstd REQUIRED)
find_package(nlohmann_json REQUIRED)  # headers only: service config
find_package(Boost 1.81 REQUIRED)  # headers only: Asio
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares>=1.18)  # name lookups

if(PARLANCE_SERVE)
  find_package(spdlog REQUIRED)
  find_package(yaml-cpp REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(OpenVINO REQUIRED COMPONENTS Runtime)
endif()

if(PARLANCE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  find_library(NGHTTP2_LIBRARY nghttp2 REQUIRED)
endif()

if(PARLANCE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# Every library the project links, found once. ./run setup installs them (packages/ has the lists with reasons).
include(ParlanceRuntimeDependencies)
find_package(nlohmann_json REQUIRED)  # headers only: service config
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)  # headers only: ring_hash
find_package(Boost 1.81 REQUIRED)  # headers only: Histogram, Beast

if(PARLANCE_MODELS)
  find_package(fmt REQUIRED)
  find_package(yaml-cpp REQUIRED)
  find_package(hwy REQUIRED)
  include(ParlanceXgrammar)
endif()

if(PARLANCE_SERVE)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(simdjson REQUIRED)
  find_package(prometheus-cpp REQUIRED)
  find_package(OpenVINO REQUIRED COMPONENTS Runtime)
  # Not linked: the engine loads it when a tokenizer is read, from one of these places (tokenizers_library.h).
  find_library(OPENVINO_TOKENIZERS_LIBRARY openvino_tokenizers NO_DEFAULT_PATH REQUIRED
    PATHS ${OpenVINO_DIR}/../libs ${OpenVINO_DIR}/../../openvino_tokenizers/lib)
endif()

if(PARLANCE_SERVE)
  include(ParlanceJinja)
endif()

if(PARLANCE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  find_library(NGHTTP2_LIBRARY nghttp2 REQUIRED)
endif()

if(PARLANCE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

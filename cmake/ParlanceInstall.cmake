# The runtime as a library: `cmake --install BUILD --component dev --prefix PREFIX`, and a Debian package by cpack.
# docs/install.md says what a user does with it. The inference server is not installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(folders base wire http2 grpc net rpc interceptors services)  # ARCHITECTURE.md: what a program links
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/parlance)
set(cmake_files ${CMAKE_INSTALL_LIBDIR}/cmake/parlance)

set(targets parlance_proto_grpc parlance_proto_types)
foreach(folder IN LISTS folders)
  list(APPEND targets parlance_${folder})
  install(DIRECTORY src/${folder} DESTINATION ${headers} COMPONENT dev
    FILES_MATCHING PATTERN "*.h" PATTERN "*_test_support.h" EXCLUDE
      PATTERN net/testing EXCLUDE PATTERN interceptors/json.h EXCLUDE)
endforeach()
foreach(target IN LISTS targets)
  string(REGEX REPLACE "^parlance_" "" name ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  get_target_property(generated ${target} PARLANCE_GENERATED_DIR)
  if(generated)
    install(DIRECTORY ${generated}/ DESTINATION ${headers} COMPONENT dev FILES_MATCHING PATTERN "*.h")
  endif()
endforeach()
target_compile_features(parlance_base PUBLIC cxx_std_23)

install(TARGETS ${targets} EXPORT parlance
  ARCHIVE COMPONENT dev INCLUDES DESTINATION ${headers})
install(TARGETS protoc-gen-parlance EXPORT parlance RUNTIME COMPONENT dev)
install(EXPORT parlance NAMESPACE parlance:: FILE parlanceTargets.cmake DESTINATION ${cmake_files} COMPONENT dev)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/parlanceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_package_config_file(cmake/parlanceConfig.cmake.in ${PROJECT_BINARY_DIR}/parlanceConfig.cmake
  INSTALL_DESTINATION ${cmake_files} NO_SET_AND_CHECK_MACRO)
install(FILES
  ${PROJECT_BINARY_DIR}/parlanceConfig.cmake
  ${PROJECT_BINARY_DIR}/parlanceConfigVersion.cmake
  cmake/ParlanceRuntimeDependencies.cmake
  cmake/ParlanceGenerate.cmake
  DESTINATION ${cmake_files} COMPONENT dev)

# The .pc file finds its prefix from where it lies, so that an installed tree can be moved.
set(pc_files ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pc_files} OUTPUT_VARIABLE pc_to_prefix)
foreach(pc IN ITEMS parlance parlance-interceptors parlance-services)
  configure_file(cmake/${pc}.pc.in ${PROJECT_BINARY_DIR}/${pc}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc DESTINATION ${pc_files} COMPONENT dev)
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libparlance-dev RENAME copyright COMPONENT dev)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME parlance)
set(CPACK_PACKAGE_CONTACT "The Parlance authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libparlance-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION
  "gRPC for C++23: runtime and code generator, for development\n\
Static libraries, headers, the protoc plug-in protoc-gen-parlance, and the files by which\n\
CMake and pkg-config find them.")
# What the static libraries link; protobuf-compiler also brings what the plug-in links.
string(JOIN ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libprotobuf-dev (>= 3.21)" "protobuf-compiler (>= 3.21)" "libssl-dev (>= 3)" "libc-ares-dev (>= 1.18)"
  "libcjose-dev (>= 0.6.2)" libjansson-dev zlib1g-dev libzstd-dev "libstdc++6 (>= 12)" "libc6 (>= 2.36)")
include(CPack)

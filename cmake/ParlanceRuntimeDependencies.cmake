# What the runtime links (src/base to src/services): found here in this tree, and by an installed find_package(parlance).
# Header-only libraries that only our .cpp files include are in ParlanceDependencies.cmake. A line here has a
# counterpart in parlance.pc.in and in the Debian package's dependencies (ParlanceInstall.cmake).
find_package(Threads REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(OpenSSL 3 REQUIRED)  # TLS
find_package(ZLIB REQUIRED)       # gzip, deflate
find_package(zstd REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares>=1.18)  # name lookups
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose>=0.6.2 jansson)  # tokens

# One package for each part that `install` names. What only a package has (copyright, units, manual pages compressed)
# is added by debian/complete.cmake when the files are in place.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ptah)
# Each package has its own; CPack would put the one of all before it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_VENDOR "The Ptah authors")
# Who makes packages answers for them.
set(PTAH_PACKAGER "The Ptah authors <ptah@example.org>" CACHE STRING "Maintainer of the Debian packages: NAME <ADDRESS>")
set(CPACK_PACKAGE_CONTACT "${PTAH_PACKAGER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program sdk torch klayout magic)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/debian/complete.cmake)
set(CPACK_PTAH_PACKAGING ${CMAKE_CURRENT_SOURCE_DIR})
set(CPACK_PTAH_DOCS ${PROJECT_SOURCE_DIR}/docs)
configure_file(debian/changelog.in ${CMAKE_CURRENT_BINARY_DIR}/changelog @ONLY)
set(CPACK_PTAH_CHANGELOG ${CMAKE_CURRENT_BINARY_DIR}/changelog)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Programs name the Debian packages of what they link; those of ours are in the build.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)
set(same "(= ${PROJECT_VERSION})")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ptah)
# Plugins are built for exactly one SDK: host and plugin compare fingerprints.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/shlibs "libptah_sdk 2 ptah ${same}\n")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "team server for analog layout
Ptah turns a SPICE netlist of an analog circuit into layouts that Magic, Netgen
and ngspice accept, each with its score. This is the daemon, its workers and
plugins, the command line, and circuits and models that come along.")
# What the default flow runs, and a library that a plugin opens by its name.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "magic, netgen-lvs, ngspice, libngspice0, fonts-dejavu-core")
# Only learning opens LibTorch, which brings half a gigabyte.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "ptah-torch ${same}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "ptah-klayout, ptah-magic, ptah-dev")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst ${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm
  ${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm ${CMAKE_CURRENT_SOURCE_DIR}/debian/triggers
  ${CMAKE_CURRENT_SOURCE_DIR}/debian/conffiles ${CMAKE_CURRENT_BINARY_DIR}/shlibs)

set(CPACK_DEBIAN_TORCH_PACKAGE_NAME ptah-torch)
set(CPACK_DEBIAN_TORCH_DESCRIPTION "networks that learn from layouts, for Ptah
Ptah's plugins cnn, nas and rl train and apply networks with LibTorch. This is
the library that they open when they are used first.")
set(CPACK_DEBIAN_TORCH_PACKAGE_DEPENDS "ptah ${same}")
# Debian's default BLAS takes many times as long.
set(CPACK_DEBIAN_TORCH_PACKAGE_RECOMMENDS libopenblas0-openmp)

set(CPACK_DEBIAN_SDK_PACKAGE_NAME ptah-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_SDK_DESCRIPTION "plugins of your own for Ptah
Headers and the CMake package of Ptah's plugin interface: placers, routers,
verifiers, extractors, simulators, explorers and predictors.")
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS
  "ptah ${same}, cmake, g++, libboost1.81-dev, nlohmann-json3-dev")

set(CPACK_DEBIAN_KLAYOUT_PACKAGE_NAME ptah-klayout)
set(CPACK_DEBIAN_KLAYOUT_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_KLAYOUT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_KLAYOUT_DESCRIPTION "Ptah in KLayout
Variants, live scores, checks, place and route of analog cells in KLayout, from
a Ptah server. Each user turns it on with `ptah install klayout`.")
set(CPACK_DEBIAN_KLAYOUT_PACKAGE_DEPENDS "ptah (>= ${PROJECT_VERSION}), klayout")

set(CPACK_DEBIAN_MAGIC_PACKAGE_NAME ptah-magic)
set(CPACK_DEBIAN_MAGIC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_MAGIC_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_MAGIC_DESCRIPTION "Ptah in Magic
Variants, scores and checks of analog cells in Magic, from a Ptah server. Each
user turns it on with `ptah install magic`.")
set(CPACK_DEBIAN_MAGIC_PACKAGE_DEPENDS "ptah (>= ${PROJECT_VERSION}), magic")
include(CPack)

# `cmake --install <build> --component sdk --prefix <where>` installs what a plugin author needs.
include(CMakePackageConfigHelpers)
set(ptah_package ${CMAKE_INSTALL_LIBDIR}/cmake/Ptah)
install(TARGETS ptah_sdk EXPORT PtahTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk NAMELINK_COMPONENT sdk)
# Programs need the library as well; a package has it once.
install(TARGETS ptah_sdk LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT program NAMELINK_SKIP)
# In-tree targets are linked as Ptah::sdk; the package offers the same name.
set_target_properties(ptah_sdk PROPERTIES EXPORT_NAME sdk)
install(EXPORT PtahTargets NAMESPACE Ptah:: DESTINATION ${ptah_package} COMPONENT sdk)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/ptah DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT sdk FILES_MATCHING PATTERN "*.hpp")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/include/ptah/plugin/sdk_text.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ptah/plugin COMPONENT sdk)
configure_package_config_file(cmake/PtahConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/PtahConfig.cmake
  INSTALL_DESTINATION ${ptah_package})
# The package's version is the plugin API's (kApiMajor.kApiMinor), which is what authors build for.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/PtahConfigVersion.cmake
  VERSION 2.0 COMPATIBILITY SameMajorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/PtahConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/PtahConfigVersion.cmake
  cmake/PtahPlugin.cmake
  cmake/ptah_plugin.map
  DESTINATION ${ptah_package} COMPONENT sdk)

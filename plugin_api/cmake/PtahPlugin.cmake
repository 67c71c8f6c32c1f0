# ptah_add_plugin(<name> SOURCES a.cpp ... [LINK lib ...] [NO_INSTALL])
#
# Builds ptah_<name>.so, one plugin. Inside Ptah's own tree it lands in build/plugins. Only the
# plugin's entry is visible, and -fno-gnu-unique lets the library really leave memory on dlclose.
# Link what you need statically, or from system folders: libraries beside the plugin ($ORIGIN) are
# not found, because hosts load a private copy of the file.
include(GNUInstallDirs)

function(ptah_add_plugin name)
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ptah_plugin.map)
  cmake_parse_arguments(ARG "NO_INSTALL" "" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "ptah_add_plugin(${name}): SOURCES is missing")
  endif()
  add_library(ptah_${name} MODULE ${ARG_SOURCES})
  target_link_libraries(ptah_${name} PRIVATE Ptah::sdk ${ARG_LINK})
  # clang neither makes unique symbols on request nor knows the flag.
  target_compile_options(ptah_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(ptah_${name} PRIVATE -Wl,--version-script=${map})
  set_target_properties(ptah_${name} PROPERTIES LINK_DEPENDS ${map})
  if(TARGET ptah_flags)
    target_link_libraries(ptah_${name} PRIVATE ptah_flags)
  endif()
  set_target_properties(ptah_${name} PROPERTIES PREFIX ""
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(PTAH_PLUGIN_DIRECTORY)
    set_target_properties(ptah_${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PTAH_PLUGIN_DIRECTORY})
  endif()
  if(NOT ARG_NO_INSTALL)
    install(TARGETS ptah_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ptah/plugins)
  endif()
endfunction()

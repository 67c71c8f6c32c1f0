# Technology descriptions are part of the library, so that a lone binary knows ptah130.
file(GLOB ptah_technologies CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/technologies/*.yaml)
string(REPLACE ";" "|" ptah_technologies_list "${ptah_technologies}")
set(ptah_embedded ${CMAKE_CURRENT_BINARY_DIR}/embedded_technologies.cpp)
add_custom_command(OUTPUT ${ptah_embedded}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${ptah_technologies_list}" -DOUTPUT=${ptah_embedded}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/src/tech/embed.cmake
  DEPENDS ${ptah_technologies} ${CMAKE_CURRENT_SOURCE_DIR}/src/tech/embed.cmake
  COMMENT "Embedding technology descriptions" VERBATIM)
set_source_files_properties(${ptah_embedded} PROPERTIES
  INCLUDE_DIRECTORIES ${CMAKE_CURRENT_SOURCE_DIR}/src/tech)
target_sources(ptah_sdk PRIVATE
  ${ptah_embedded}
  src/tech/generate.cpp
  src/tech/klayout_drc.cpp
  src/tech/klayout_drc_head.cpp
  src/tech/klayout_drc_rules.cpp
  src/tech/magic_cif.cpp
  src/tech/magic_drc.cpp
  src/tech/magic_extract.cpp
  src/tech/magic_layers.cpp
  src/tech/magic_template.cpp
  src/tech/technology.cpp
  src/tech/technology_reader.cpp
  src/tech/technology_resolve.cpp
  src/tech/technology_sections.cpp
  src/tech/yaml_fields.cpp)

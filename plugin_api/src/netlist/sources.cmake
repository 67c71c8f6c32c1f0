foreach(source check_circuit circuit circuit_folder deck device_line dialect diode_line expression fingers flatten ideal_source joined_nets library_section
        pairs scope sizes source_bundle spice substrate supplies text write_extracted write_spef write_spice)
  target_sources(ptah_sdk PRIVATE src/netlist/${source}.cpp)
endforeach()
target_include_directories(ptah_sdk PRIVATE src)

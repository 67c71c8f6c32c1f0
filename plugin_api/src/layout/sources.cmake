# Sources of ptah_sdk in this folder.
target_sources(ptah_sdk PRIVATE
  src/layout/clearance.cpp
  src/layout/flat_layout.cpp
  src/layout/gds_build.cpp
  src/layout/gds_flatten.cpp
  src/layout/gds_path.cpp
  src/layout/gds_read.cpp
  src/layout/gds_write.cpp
  src/layout/layout.cpp
  src/layout/layout_json.cpp)

target_sources(ptah_sdk PRIVATE
  src/plugin/manifest.cpp
  src/plugin/options.cpp
  src/plugin/plugin.cpp)

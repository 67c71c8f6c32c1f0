target_sources(ptah_sdk PRIVATE src/core/error.cpp src/core/run_tool.cpp src/core/files.cpp
  src/core/printable.cpp src/core/delayed_library.cpp src/core/json.cpp src/core/quoting.cpp src/core/base64.cpp src/core/sha256.cpp src/core/write_fence.cpp src/core/yaml.cpp)

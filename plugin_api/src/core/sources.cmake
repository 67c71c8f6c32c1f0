target_sources(ptah_sdk PRIVATE src/core/error.cpp)

target_sources(ptah_sdk PRIVATE src/stages/learning.cpp)

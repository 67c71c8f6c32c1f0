target_sources(ptah_sdk PRIVATE src/stages/design_space.cpp src/stages/learning.cpp)

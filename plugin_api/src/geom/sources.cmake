# Sources of ptah_sdk in this folder.
target_sources(ptah_sdk PRIVATE src/geom/region.cpp)

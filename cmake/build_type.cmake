# Makes lowtide fast where nobody chose how to build it. CMake's own default is no optimisation at
# all, and the engine is about twenty times slower then.

# LOWTIDE_DEFAULT_OPTIMISATION: a compile option for lowtide's own targets, or nothing.
set(LOWTIDE_DEFAULT_OPTIMISATION)

get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT multi_config AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CXX_FLAGS MATCHES "(^| )-O")
  if(PROJECT_IS_TOP_LEVEL)
    message(STATUS "lowtide: CMAKE_BUILD_TYPE is not set; using Release")
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  else()
    # The build type belongs to the containing project, so only lowtide's own targets change.
    set(LOWTIDE_DEFAULT_OPTIMISATION -O2)
  endif()
endif()

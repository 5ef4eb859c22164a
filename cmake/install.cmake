include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(lowtide_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)

install(TARGETS lowtide_static lowtide_shared lowtide_c lowtide_c_static EXPORT lowtide-targets
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/lowtide DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(FILES include/lowtide.h include/lowtide_batch.h include/lowtide_monitor.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lowtide)
if(LOWTIDE_BUILD_PROGRAMS)
  install(TARGETS lowtide_host lowtide_replay)
  install(FILES docs/man/lowtide-host.1 docs/man/lowtide-replay.1
          DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# The CMake package.
install(EXPORT lowtide-targets NAMESPACE lowtide:: DESTINATION ${lowtide_cmake_dir})
configure_package_config_file(cmake/lowtide-config.cmake.in lowtide-config.cmake
                              INSTALL_DESTINATION ${lowtide_cmake_dir})
write_basic_package_version_file(lowtide-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/lowtide-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/lowtide-config-version.cmake
  DESTINATION ${lowtide_cmake_dir})

# pkg-config files, for builds without CMake: lowtide for C, lowtide-cpp for C++. Their paths are
# relative to the file itself, so that the installed tree can be moved; but a packager who sets
# absolute folders gets those.
file(RELATIVE_PATH LOWTIDE_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(LOWTIDE_PC_PREFIX "\${pcfiledir}/${LOWTIDE_PC_PREFIX}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(LOWTIDE_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
endif()
foreach(folder LIBDIR INCLUDEDIR)
  set(LOWTIDE_PC_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
    set(LOWTIDE_PC_${folder} ${CMAKE_INSTALL_${folder}})
  endif()
endforeach()
set(LOWTIDE_PC_RUNTIME)
if(LOWTIDE_CXX_RUNTIME)
  set(LOWTIDE_PC_RUNTIME -l${LOWTIDE_CXX_RUNTIME})
endif()
set(LOWTIDE_PC_DEFINE)
if(LOWTIDE_PORTABLE)
  set(LOWTIDE_PC_DEFINE " -DLOWTIDE_PORTABLE")
endif()
foreach(file lowtide.pc lowtide-cpp.pc)
  configure_file(cmake/${file}.in ${file} @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# pkg-config --static names the same library as without it, so C++ needs an archive of that name.
add_library(lowtide_cpp_archive STATIC $<TARGET_OBJECTS:lowtide_objects>)
set_target_properties(lowtide_cpp_archive PROPERTIES
  OUTPUT_NAME lowtide-cpp
  LINKER_LANGUAGE CXX)
install(TARGETS lowtide_cpp_archive)

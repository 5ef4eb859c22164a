include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS lowtide_static lowtide_shared lowtide_c lowtide_c_static EXPORT lowtide-targets)
install(DIRECTORY include/lowtide DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(FILES include/lowtide.h include/lowtide_batch.h include/lowtide_monitor.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT lowtide-targets NAMESPACE lowtide:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)
configure_package_config_file(cmake/lowtide-config.cmake.in lowtide-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)
write_basic_package_version_file(lowtide-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lowtide-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/lowtide-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lowtide)

# For builds without CMake. The paths are relative to where the file lies, so that the tree can be moved.
file(RELATIVE_PATH LOWTIDE_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/lowtide.pc.in lowtide.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lowtide.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS lowtide_static lowtide_shared EXPORT lowtide-targets)
install(DIRECTORY include/lowtide DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT lowtide-targets NAMESPACE lowtide:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)
configure_package_config_file(cmake/lowtide-config.cmake.in lowtide-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)
write_basic_package_version_file(lowtide-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lowtide-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/lowtide-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lowtide)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lowtide)

# Headers, archives and the CMake package: find_package(libfsm [COMPONENTS fsm actors simulation rocksdb]).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libfsm)

# One export set per component, so that who wants the pure part alone needs no CAF.
function(fsm_install target component)
  install(TARGETS ${target} EXPORT libfsm-${component}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT libfsm-${component} NAMESPACE libfsm:: DESTINATION ${package_dir}
    FILE libfsm-${component}-targets.cmake)
endfunction()

fsm_install(fsm fsm)
if(LIBFSM_BUILD_ACTORS)
  fsm_install(fsm_actors actors)
  fsm_install(fsm_simulation simulation)
  if(LIBFSM_BUILD_ROCKSDB)
    fsm_install(fsm_rocksdb rocksdb)
  endif()
endif()

configure_package_config_file(cmake/libfsm-config.cmake.in libfsm-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(libfsm-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES
    ${PROJECT_BINARY_DIR}/libfsm-config.cmake
    ${PROJECT_BINARY_DIR}/libfsm-config-version.cmake
    cmake/FindCAF.cmake
  DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

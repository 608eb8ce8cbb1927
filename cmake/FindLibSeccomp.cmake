# Finds libseccomp, which brings no CMake package.
#
#   find_package(LibSeccomp)   defines LibSeccomp::seccomp

find_path(LibSeccomp_INCLUDE_DIR NAMES seccomp.h)
find_library(LibSeccomp_LIBRARY NAMES seccomp)
mark_as_advanced(LibSeccomp_INCLUDE_DIR LibSeccomp_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibSeccomp REQUIRED_VARS LibSeccomp_LIBRARY LibSeccomp_INCLUDE_DIR)

if(LibSeccomp_FOUND AND NOT TARGET LibSeccomp::seccomp)
  add_library(LibSeccomp::seccomp UNKNOWN IMPORTED)
  set_target_properties(LibSeccomp::seccomp PROPERTIES
    IMPORTED_LOCATION ${LibSeccomp_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LibSeccomp_INCLUDE_DIR})
endif()

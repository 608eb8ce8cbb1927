# Finds the C++ Actor Framework (0.17, which brings no CMake package of its own).
#
#   find_package(CAF 0.17...<0.18 COMPONENTS core)   defines CAF::core
#
# Reads CAF_ROOT and CMAKE_PREFIX_PATH like every find_package. Sets CAF_VERSION.

find_path(CAF_INCLUDE_DIR NAMES caf/config.hpp)
# The first library of either name, so that a static one in CAF_ROOT goes before a shared one of the system.
find_library(CAF_CORE_LIBRARY NAMES caf_core caf_core_static NAMES_PER_DIR)
mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY)

# CAF_VERSION is written MMmmpp without leading zeros: 1706 is 0.17.6.
unset(CAF_VERSION)
if(CAF_INCLUDE_DIR)
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp _caf_line REGEX "^#define CAF_VERSION [0-9]+")
  if(_caf_line MATCHES "([0-9]+)$")
    math(EXPR _caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR _caf_minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR _caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION ${_caf_major}.${_caf_minor}.${_caf_patch})
  endif()
endif()

if(CAF_CORE_LIBRARY)
  set(CAF_core_FOUND TRUE)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_CORE_LIBRARY CAF_INCLUDE_DIR
  VERSION_VAR CAF_VERSION
  HANDLE_VERSION_RANGE
  HANDLE_COMPONENTS)

if(CAF_FOUND AND NOT TARGET CAF::core)
  include(CMakeFindDependencyMacro)
  find_dependency(Threads)
  # An imported target: its headers count as system headers, CAF's own warnings stay out of the build.
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES
    IMPORTED_LOCATION ${CAF_CORE_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()

# Finds the core of prometheus-cpp. Its own package also asks for CURL, zlib and civetweb, which only
# its other parts need.
#
#   find_package(PrometheusCpp)   defines PrometheusCpp::core

find_path(PrometheusCpp_INCLUDE_DIR NAMES prometheus/registry.h)
find_library(PrometheusCpp_CORE_LIBRARY NAMES prometheus-cpp-core)
mark_as_advanced(PrometheusCpp_INCLUDE_DIR PrometheusCpp_CORE_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PrometheusCpp
  REQUIRED_VARS PrometheusCpp_CORE_LIBRARY PrometheusCpp_INCLUDE_DIR)

if(PrometheusCpp_FOUND AND NOT TARGET PrometheusCpp::core)
  add_library(PrometheusCpp::core UNKNOWN IMPORTED)
  set_target_properties(PrometheusCpp::core PROPERTIES
    IMPORTED_LOCATION ${PrometheusCpp_CORE_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${PrometheusCpp_INCLUDE_DIR})
endif()

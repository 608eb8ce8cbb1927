# How our targets are made. Flags set here are private to the build: none reaches an exported target.

# fsm_library(NAME ALIAS HEADERS FILES... SOURCES FILES...)
# A static library `NAME`, known as libfsm::ALIAS in the build and when installed. Its public headers, below
# include/, are installed, and each must compile alone.
function(fsm_library name alias)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "HEADERS;SOURCES")
  add_library(${name} STATIC)
  add_library(libfsm::${alias} ALIAS ${name})
  target_sources(${name}
    PRIVATE ${arg_SOURCES}
    PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${alias})
  fsm_defaults(${name})
  target_compile_features(${name} PUBLIC cxx_std_20)
endfunction()

# fsm_program(NAME SOURCES...)
function(fsm_program name)
  add_executable(${name} ${ARGN})
  fsm_defaults(${name})
endfunction()

function(fsm_defaults target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(LIBFSM_DEVELOPER)
    fsm_developer_defaults(${target})
  endif()
endfunction()

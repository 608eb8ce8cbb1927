# fsm_protobuf(TARGET ROOT FILES...): compiles .proto files (named below ROOT) into TARGET.
# The target fsm_generated makes the sources alone, for tools that only read them.
function(fsm_protobuf target root)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  cmake_path(ABSOLUTE_PATH root)
  foreach(file IN LISTS ARGN)
    cmake_path(REMOVE_EXTENSION file OUTPUT_VARIABLE stem)
    add_custom_command(
      OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${out} ${root}/${file}
      DEPENDS ${root}/${file}
      COMMENT "Generating ${stem}.pb.h"
      VERBATIM)
    list(APPEND sources ${out}/${stem}.pb.cc)
    list(APPEND headers ${out}/${stem}.pb.h)
  endforeach()
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -w SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE ${sources} ${headers})
  target_include_directories(${target} SYSTEM PRIVATE ${out})
  add_custom_target(fsm_generated DEPENDS ${headers})
endfunction()

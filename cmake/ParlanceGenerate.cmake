# parlance_generate(<target> <proto>... [IMPORT_DIRS <dir>...] [VIEWS])
#
# Adds to <target>, for each a/b.proto, the messages (a/b.pb.h) that protoc makes and the services
# (a/b.parlance.h) that protoc-gen-parlance makes, and links what they need. Code that links <target> writes
#
#   #include "a/b.parlance.h"
#
# The name a/b.proto, which is also the file's name in descriptors and reflection, is the path from the first
# of IMPORT_DIRS that the file lies under; imports are searched in all of them. Default: the current source
# directory. VIEWS makes a/b.views.h as well: views of the messages, and ViewHandler and ViewClient of the
# services; proto3 only. A change of a proto, of one that it imports, or of the plugin makes the code anew. Once a target.
function(parlance_generate target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "VIEWS" "" "IMPORT_DIRS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "parlance_generate(${target}): no .proto given")
  endif()
  if(NOT arg_IMPORT_DIRS)
    set(arg_IMPORT_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
  endif()

  set(import_dirs)
  foreach(dir IN LISTS arg_IMPORT_DIRS)
    cmake_path(ABSOLUTE_PATH dir BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND import_dirs ${dir})
  endforeach()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated/${target})

  set(generated)
  foreach(proto IN LISTS arg_UNPARSED_ARGUMENTS)
    cmake_path(ABSOLUTE_PATH proto BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    parlance_generate_one(${proto} ${out} "${import_dirs}" "${arg_VIEWS}" outputs)
    list(APPEND generated ${outputs})
  endforeach()
  target_sources(${target} PRIVATE ${generated})
  # A target of its own, so that generating waits for the plugin only and not for what <target> links.
  add_custom_target(${target}_generate DEPENDS ${generated})
  add_dependencies(${target} ${target}_generate)

  # SYSTEM: the headers that protoc makes do not pass our warnings.
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
  target_link_libraries(${target} PUBLIC parlance::rpc protobuf::libprotobuf)
  if(arg_VIEWS)
    target_link_libraries(${target} PUBLIC parlance::proto_types)
  endif()
  set_target_properties(${target} PROPERTIES PARLANCE_GENERATED_DIR ${out})
endfunction()

# The command for one absolute `proto`; sets `result` to the files it makes.
function(parlance_generate_one proto out import_dirs views result)
  parlance_proto_name(${proto} "${import_dirs}" name)
  string(REGEX REPLACE "\\.proto$" "" stem ${name})
  cmake_path(GET stem PARENT_PATH folder)
  file(MAKE_DIRECTORY ${out}/${folder})

  # In the order in which protoc names them in the depfile: ninja wants the first to be the first.
  set(outputs ${out}/${stem}.parlance.cpp ${out}/${stem}.parlance.h ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
  if(views)
    list(APPEND outputs ${out}/${stem}.views.cpp ${out}/${stem}.views.h)
  endif()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND protobuf::protoc
      "--proto_path=$<JOIN:${import_dirs},;--proto_path=>"
      --plugin=protoc-gen-parlance=$<TARGET_FILE:parlance::protoc-gen-parlance>
      --cpp_out=${out} --parlance_out=$<$<BOOL:${views}>:views:>${out} --dependency_out=${out}/${stem}.d ${name}
    DEPENDS ${proto} parlance::protoc-gen-parlance
    DEPFILE ${out}/${stem}.d
    COMMENT "Generating ${stem}.parlance.h"
    VERBATIM COMMAND_EXPAND_LISTS)
  set_source_files_properties(${out}/${stem}.pb.cc PROPERTIES COMPILE_OPTIONS -w)
  set(${result} ${outputs} PARENT_SCOPE)
endfunction()

# The path of `proto` from the first of `import_dirs` that it lies under.
function(parlance_proto_name proto import_dirs result)
  foreach(dir IN LISTS import_dirs)
    cmake_path(IS_PREFIX dir ${proto} NORMALIZE is_under)
    if(is_under)
      cmake_path(RELATIVE_PATH proto BASE_DIRECTORY ${dir} OUTPUT_VARIABLE name)
      set(${result} ${name} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "parlance_generate: ${proto} lies under none of IMPORT_DIRS (${import_dirs})")
endfunction()

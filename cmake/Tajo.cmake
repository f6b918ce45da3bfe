# The project's own CMake vocabulary: flags, a module of core/, a plugin, a unit test.

# Warnings, hardening and sanitizers, linked by every target of ours.
add_library(tajo_flags INTERFACE)
target_compile_definitions(tajo_flags INTERFACE _GNU_SOURCE TAJO_VERSION="${PROJECT_VERSION}")
target_compile_options(tajo_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wvla -Wformat=2 -Wpointer-arith -Wundef
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes -Wstrict-prototypes>
    -fno-common -fstack-protector-strong)
target_link_options(tajo_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(TAJO_WERROR)
    target_compile_options(tajo_flags INTERFACE -Werror)
endif()
if(TAJO_FUZZ) # libFuzzer sees only code that was built for it
    target_compile_options(tajo_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TAJO_SANITIZE)
    target_compile_options(tajo_flags INTERFACE -fsanitize=${TAJO_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(tajo_flags INTERFACE -fsanitize=${TAJO_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(tajo_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# tajo_module(NAME [USES module...] [LIBS target...]): core/NAME/*.c as library tajo_NAME.
function(tajo_module name)
    cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/${name}/*.c)
    list(TRANSFORM ARG_USES PREPEND tajo_)
    add_library(tajo_${name} STATIC ${sources})
    target_include_directories(tajo_${name} PUBLIC ${CMAKE_SOURCE_DIR}/core
                                                   ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(tajo_${name} PUBLIC ${ARG_USES} ${ARG_LIBS} PRIVATE tajo_flags)
endfunction()

# tajo_plugin(NAME sources... [LIBS target...]): a shipped plugin, lib/tajo-connect/plugins/NAME.so.
function(tajo_plugin name)
    cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
    add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${name} PRIVATE tajo_flags ${ARG_LIBS})
    set_target_properties(${name} PROPERTIES
        PREFIX "" C_VISIBILITY_PRESET hidden
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/tajo-connect/plugins)
    # The host refuses a plugin that others may write; a umask of 002 would make such ones.
    add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}>
                       $<TARGET_FILE_DIR:${name}>)
    install(TARGETS ${name} LIBRARY DESTINATION lib/tajo-connect/plugins
            PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

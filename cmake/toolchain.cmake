# What the compiler and the linker can do. Each flag is tried before it is used, because gcc, clang,
# MinGW and Apple's tools differ in which ones they know.
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)

# lowtide_check_flag(RESULT FLAG): RESULT is true if a program compiles with the flag and links
# without it, as a library is compiled by us and linked by its user. The program has a large array
# and a copy of unknown size: only such code needs the support library that some flags rely on, and
# only such code crashes gcc for Windows. A compiler that warns of the flag does not know it.
function(lowtide_check_flag result flag)
  set(CMAKE_REQUIRED_DEFINITIONS -O2 ${flag})
  check_cxx_source_compiles("
    #include <cstring>
    int main(int count, char** arguments) {
      char copy[65536];
      std::memcpy(copy, arguments[0], static_cast<unsigned>(count));
      return copy[count];
    }" ${result} FAIL_REGEX "warning:[^\n]*${flag}")
endfunction()

# LOWTIDE_HARDENING and LOWTIDE_FORTIFY: compile options for code whose input comes from anywhere.
# FORTIFY works only in optimised code.
set(LOWTIDE_HARDENING)
lowtide_check_flag(LOWTIDE_HAS_STACK_PROTECTOR -fstack-protector-strong)
if(LOWTIDE_HAS_STACK_PROTECTOR)
  list(APPEND LOWTIDE_HARDENING -fstack-protector-strong)
endif()
lowtide_check_flag(LOWTIDE_HAS_STACK_CLASH_PROTECTION -fstack-clash-protection)
if(LOWTIDE_HAS_STACK_CLASH_PROTECTION)
  list(APPEND LOWTIDE_HARDENING -fstack-clash-protection)
endif()
set(LOWTIDE_FORTIFY)
lowtide_check_flag(LOWTIDE_HAS_FORTIFY -D_FORTIFY_SOURCE=2)
if(LOWTIDE_HAS_FORTIFY)
  set(LOWTIDE_FORTIFY -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# LOWTIDE_LINK_HARDENING: addresses are bound at the start and are read-only from then on, and the
# stack cannot be executed.
set(LOWTIDE_LINK_HARDENING)
check_linker_flag(CXX LINKER:-z,relro,-z,now LOWTIDE_HAS_RELRO)
if(LOWTIDE_HAS_RELRO)
  list(APPEND LOWTIDE_LINK_HARDENING LINKER:-z,relro,-z,now)
endif()
check_linker_flag(CXX LINKER:-z,noexecstack LOWTIDE_HAS_NOEXECSTACK)
if(LOWTIDE_HAS_NOEXECSTACK)
  list(APPEND LOWTIDE_LINK_HARDENING LINKER:-z,noexecstack)
endif()

# lowtide_export_only(TARGET MAP): the shared library TARGET exports the functions that the version
# script MAP lists, and nothing else. Linkers without version scripts get the same list in the form
# that they take.
function(lowtide_export_only target map)
  file(STRINGS ${map} functions REGEX "^ *lowtide_[a-z0-9_]+;$")
  string(REGEX MATCHALL "lowtide_[a-z0-9_]+" functions "${functions}")
  list(JOIN functions "\n" lines)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${map})
  if(WIN32)
    # The linker exports every function unless a module definition file says which.
    file(CONFIGURE OUTPUT ${target}.def CONTENT "EXPORTS\n${lines}\n")
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${target}.def)
    return()
  endif()
  # Not the real list: some linkers refuse a script with a function that the test program lacks.
  set(probe ${CMAKE_CURRENT_BINARY_DIR}/version_script_probe.map)
  file(WRITE ${probe} "PROBE { local: *; };\n")
  check_linker_flag(CXX LINKER:--version-script=${probe} LOWTIDE_HAS_VERSION_SCRIPT)
  if(LOWTIDE_HAS_VERSION_SCRIPT)
    target_link_options(${target} PRIVATE LINKER:--version-script=${map})
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${map})
    return()
  endif()
  # Apple's linker, whose symbols begin with an underscore.
  list(TRANSFORM functions PREPEND "_")
  list(JOIN functions "\n" lines)
  set(symbols ${CMAKE_CURRENT_BINARY_DIR}/${target}.symbols)
  file(CONFIGURE OUTPUT ${symbols} CONTENT "${lines}\n")
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/exported_symbols_probe.symbols "_main\n")
  check_linker_flag(
    CXX LINKER:-exported_symbols_list,${CMAKE_CURRENT_BINARY_DIR}/exported_symbols_probe.symbols
    LOWTIDE_HAS_EXPORTED_SYMBOLS_LIST)
  if(LOWTIDE_HAS_EXPORTED_SYMBOLS_LIST)
    target_link_options(${target} PRIVATE LINKER:-exported_symbols_list,${symbols})
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${symbols})
  else()
    message(WARNING "lowtide: the linker takes no list of exported functions; lib${target} may "
                    "export functions of the C++ library as well")
  endif()
endfunction()

# LOWTIDE_CXX_RUNTIME: the C++ runtime library, which a C project has to name when it links the
# archive.
set(LOWTIDE_CXX_RUNTIME)
foreach(library stdc++ c++)
  if(library IN_LIST CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
    set(LOWTIDE_CXX_RUNTIME ${library})
  endif()
endforeach()

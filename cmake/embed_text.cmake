# Writes a C++ source that defines a variable with the text of a file, so that a program needs no
# file at run time. Run it as a script:
#   cmake -D INPUT=FILE -D OUTPUT=FILE.cpp -D NAMESPACE=NAME -D VARIABLE=NAME -P embed_text.cmake
# The variable is declared elsewhere: extern const char* const VARIABLE;
file(READ ${INPUT} text)
if(text MATCHES "\\)embedded\"")
  message(FATAL_ERROR "${INPUT} contains the end mark of the string")
endif()
get_filename_component(name ${INPUT} NAME)
file(WRITE ${OUTPUT} "// Generated from ${name}. Edit that file instead.
namespace ${NAMESPACE} {
extern const char* const ${VARIABLE};
const char* const ${VARIABLE} = R\"embedded(${text})embedded\";
}  // namespace ${NAMESPACE}
")

# What python_bench.py calls beside lowtide: python3 tests/bench/python_bench.py BUILD/bin
add_library(empty_call MODULE empty_call.c)
set_target_properties(empty_call PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY
                      ${PROJECT_BINARY_DIR}/lib)
target_link_libraries(empty_call PRIVATE lowtide_build)

# What python_batch_bench.py compares with: python3 tests/bench/python_batch_bench.py BUILD/bin
add_library(batch_calls MODULE batch_calls.c)
set_target_properties(batch_calls PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY
                      ${PROJECT_BINARY_DIR}/lib)
target_include_directories(batch_calls PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(batch_calls PRIVATE lowtide_build)

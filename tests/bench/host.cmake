# The program that host_bench.py measures lowtide-host against.
enable_language(C)
find_package(SQLite3 3.40 REQUIRED)

add_executable(host_baseline host_baseline.c)
target_compile_options(host_baseline PRIVATE -Wall -Wextra -Wpedantic)
target_link_libraries(host_baseline PRIVATE SQLite::SQLite3)

add_executable(host_tick host_tick.cpp)
target_link_libraries(host_tick PRIVATE lowtide_sqlite_host lowtide_build)

# The programs that replay_bench.py runs: python3 tests/bench/replay_bench.py BUILD/bin
find_package(simdjson 3.0 REQUIRED)

add_executable(replay_generate replay_generate.cpp)
target_link_libraries(replay_generate PRIVATE lowtide::lowtide lowtide_build)

add_executable(replay_baseline replay_baseline.cpp)
target_link_libraries(replay_baseline PRIVATE lowtide_events simdjson::simdjson lowtide_build)

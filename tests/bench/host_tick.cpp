// SPDX-License-Identifier: Apache-2.0
// Measures one tick of lowtide-host, without the start and the end of a process, and prints the
// seconds. host_bench.py runs it.
//
//     host_tick DATABASE INSTANT
#include <chrono>
#include <cstdio>

#include "programs/host/common/commands.hpp"
#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/schema.hpp"

int main(int argc, char** argv) {
  using namespace lowtide::host;
  if (argc != 3) return 2;
  const auto now = lowtide::Instant::parse(argv[2]);
  if (!now) return 2;
  try {
    Database database(argv[1], Database::Missing::refuse, std::chrono::seconds(10));
    prepare(database);
    const auto start = std::chrono::steady_clock::now();
    const int status = tick(database, *now);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("%.6f\n", taken.count());
    return status;
  } catch (const DatabaseError& error) {
    std::fprintf(stderr, "host_tick: %s\n", error.what());
    return 1;
  }
}

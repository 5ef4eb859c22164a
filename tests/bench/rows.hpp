// SPDX-License-Identifier: Apache-2.0
// Passes the ratios of a benchmark to table.py, through the file named by LOWTIDE_BENCH_ROWS.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace rows {

// Prints a ratio and passes it on. A goal is a text such as "at most 2" or "at least 60"; "" for
// none.
inline void row(const char* what, double ratio, const char* goal, const char* includes) {
  std::printf("  %-60s %.2f%s%s%s\n", what, ratio, *goal == '\0' ? "" : "  (goal: ", goal,
              *goal == '\0' ? "" : ")");
  const char* const path =
      std::getenv("LOWTIDE_BENCH_ROWS");  // NOLINT(concurrency-mt-unsafe): no other thread
  if (path == nullptr) return;
  std::FILE* const file = std::fopen(path, "a");
  if (file == nullptr ||
      std::fprintf(file, "row\t%s\t%.4f\t%s\t%s\n", what, ratio, goal, includes) < 0 ||
      std::fclose(file) != 0) {
    std::perror(path);
    std::exit(1);  // NOLINT(concurrency-mt-unsafe)
  }
}

}  // namespace rows

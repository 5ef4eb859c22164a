// SPDX-License-Identifier: Apache-2.0
// How much work a check is to do.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// The environment variable LOWTIDE_TEST_SCALE divides the work, for builds whose checks make them
// slow. 1 by default.
inline std::uint64_t test_scale() {
  const char* const text = std::getenv(
      "LOWTIDE_TEST_SCALE");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  std::uint64_t scale = 1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), scale);
  return std::max<std::uint64_t>(scale, 1);
}
inline std::uint64_t scaled(std::uint64_t count) {
  return std::max<std::uint64_t>(count / test_scale(), 1);
}

// SPDX-License-Identifier: Apache-2.0
// How much work a test does. Tests that loop over generated input call it.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// The environment variable LOWTIDE_TEST_SCALE divides the work, for slow builds such as those with
// sanitizers. The default is 1.
inline std::uint64_t test_scale() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no test sets the environment
  const char* const text = std::getenv("LOWTIDE_TEST_SCALE");
  std::uint64_t scale = 1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), scale);
  return std::max<std::uint64_t>(scale, 1);
}
inline std::uint64_t scaled(std::uint64_t count) {
  return std::max<std::uint64_t>(count / test_scale(), 1);
}

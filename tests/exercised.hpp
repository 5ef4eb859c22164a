// SPDX-License-Identifier: Apache-2.0
// Reports how much a test exercised, and fails the test if that was not enough. Every test that
// loops over generated or listed input calls it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

// Prints one line for the table at the end of a test run. Fails the test if `count` is less than
// `at_least`.
inline void exercised(const char* check, std::uint64_t count, const char* unit,
                      std::uint64_t at_least = 1) {
  std::printf("exercised: %s: %llu %s\n", check, static_cast<unsigned long long>(count), unit);
  std::fflush(stdout);
  CHECK_MESSAGE(count >= at_least, std::string(check)
                                       << " exercised only " << count << " " << std::string(unit)
                                       << ", expected at least " << at_least);
}

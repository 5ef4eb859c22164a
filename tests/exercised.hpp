// SPDX-License-Identifier: Apache-2.0
// What a check must say of itself: how much it exercised, and that this was enough.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

// Prints one line for the table at the end of a test run, and fails the check if it exercised less
// than it promises.
inline void exercised(const char* check, std::uint64_t count, const char* unit,
                      std::uint64_t at_least = 1) {
  std::printf("exercised: %s: %llu %s\n", check, static_cast<unsigned long long>(count), unit);
  std::fflush(stdout);
  CHECK_MESSAGE(count >= at_least, std::string(check)
                                       << " exercised only " << count << " " << std::string(unit)
                                       << ", promised " << at_least);
}

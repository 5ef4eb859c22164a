// SPDX-License-Identifier: Apache-2.0
// Counts all allocations of the program and of the library in it, and makes them fail on demand.
#pragma once

#include <atomic>
#include <cstdint>

namespace capi {

// After `allowed` allocations the next one fails, and then all others, unless `fail_once`. It
// throws std::bad_alloc, or an int if `fail_strangely`.
inline constexpr std::uint64_t no_failure = UINT64_MAX;
extern std::atomic<std::uint64_t> allowed;
extern bool fail_once;
extern bool fail_strangely;

// How many blocks are not freed yet.
extern std::atomic<std::int64_t> living;

}  // namespace capi

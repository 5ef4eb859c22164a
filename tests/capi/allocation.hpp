// SPDX-License-Identifier: Apache-2.0
// The allocations of the whole program, the library's included: counted, and failing on demand.
#pragma once

#include <atomic>
#include <cstdint>

namespace capi {

// The allocation after `allowed` ones fails, with what `fail_strangely` says; and all behind it,
// unless `fail_once`.
inline constexpr std::uint64_t no_failure = UINT64_MAX;
extern std::atomic<std::uint64_t> allowed;
extern bool fail_once;
extern bool fail_strangely;

// As many were not freed yet.
extern std::atomic<std::int64_t> living;

}  // namespace capi

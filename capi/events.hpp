// SPDX-License-Identifier: Apache-2.0
// Private to capi/. Checks the events of lowtide.h, and converts them to those of C++. The
// functions on alerts, the batches and the Monitor share these checks, so that all find the same
// errors in the same order: first the caller's (flags and codes), then the data's.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "convert.hpp"

namespace lowtide::capi {

template <class ObservationView>
bool has_valid_flags(const ObservationView& observation) noexcept {
  // Exactly one of the two forms of the Available Credit, and perhaps a sequence.
  static_assert(LOWTIDE_OBSERVATION_HAS_BALANCE == 1 &&
                LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT == 2);
  return (observation.flags & ~LOWTIDE_OBSERVATION_HAS_SEQUENCE) - 1U <= 1U;
}
inline lowtide_status check_codes(const lowtide_observation& observation) noexcept {
  return has_valid_flags(observation) ? LOWTIDE_OK : LOWTIDE_FLAGS;
}
inline lowtide_status check_codes(const lowtide_observation_columns& columns) noexcept {
  return has_valid_flags(columns) ? LOWTIDE_OK : LOWTIDE_FLAGS;
}
lowtide_status check_codes(const lowtide_enable& enable) noexcept;
lowtide_status check_codes(const lowtide_set_threshold& set_threshold) noexcept;

inline lowtide_status check_ranges(const lowtide_observation& observation) noexcept {
  if (!Instant::from_seconds(observation.at)) return LOWTIDE_TIME_RANGE;
  const bool has_sequence = (observation.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0;
  return has_sequence && !Sequence::from(observation.sequence) ? LOWTIDE_SEQUENCE_RANGE
                                                               : LOWTIDE_OK;
}

// The Available Credit of an observation, given as such or as a balance. Error: overflow.
inline Result<Amount> available_credit(const lowtide_observation& observation) noexcept {
  if ((observation.flags & LOWTIDE_OBSERVATION_HAS_BALANCE) == 0)
    return from_c(observation.available_credit);
  return lowtide::available_credit(as_balance(observation));
}

// True for the common form: all five components, a sequence, a valid time. Every other observation,
// valid or not, takes the checked path.
[[gnu::always_inline]] inline bool takes_fast_path(
    const lowtide_observation& observation) noexcept {
  // Compares size and flags at once.
  struct Head {
    std::uint32_t struct_size = sizeof(lowtide_observation);
    std::uint32_t flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  };
  static_assert(offsetof(lowtide_observation, struct_size) == 0 &&
                offsetof(lowtide_observation, flags) == offsetof(Head, flags));
  std::uint64_t head = 0;
  std::memcpy(&head, &observation, sizeof head);
  return head == std::bit_cast<std::uint64_t>(Head{}) && Instant::from_seconds(observation.at);
}

lowtide_status from_c(Enable& to, const char*& field, const lowtide_enable& from) noexcept;
lowtide_status from_c(SetThreshold& to, const lowtide_set_threshold& from) noexcept;

// 0 means no sequence yet.
lowtide_status rebase_from_c(std::optional<Sequence>& to, std::int64_t sequence) noexcept;

}  // namespace lowtide::capi

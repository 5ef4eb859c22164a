// SPDX-License-Identifier: Apache-2.0
// Checks and converts the settings that events carry, for decide.cpp and account_event.cpp. Decides
// nothing.
#include "events.hpp"

namespace lowtide::capi {
namespace {

bool is_if_below(std::int32_t value) noexcept {
  return value == LOWTIDE_IF_BELOW_NEXT_CHANGE || value == LOWTIDE_IF_BELOW_RECOVERY_FIRST;
}

}  // namespace

lowtide_status check_codes(const lowtide_enable& enable) noexcept {
  const bool schedule = (enable.flags & LOWTIDE_ENABLE_HAS_SCHEDULE) != 0;
  const bool time_of_day = (enable.flags & LOWTIDE_ENABLE_HAS_TIME_OF_DAY) != 0;
  if ((enable.flags & ~(LOWTIDE_ENABLE_HAS_SCHEDULE | LOWTIDE_ENABLE_HAS_TIME_OF_DAY)) != 0)
    return LOWTIDE_FLAGS;
  if (time_of_day && !schedule) return LOWTIDE_FLAGS;
  return is_if_below(enable.if_below) ? LOWTIDE_OK : LOWTIDE_CODE;
}

lowtide_status check_codes(const lowtide_set_threshold& set_threshold) noexcept {
  if (set_threshold.flags != 0) return LOWTIDE_FLAGS;
  return is_if_below(set_threshold.if_below) && set_threshold.reserved == 0 ? LOWTIDE_OK
                                                                            : LOWTIDE_CODE;
}

lowtide_status from_c(Enable& to, const char*& field, const lowtide_enable& from) noexcept {
  const Result<Instant> at = Instant::from_seconds(from.at);
  if (!at) return LOWTIDE_TIME_RANGE;
  const Result<Threshold> threshold = Threshold::from(from_c(from.threshold));
  if (!threshold) {
    field = threshold.error().field;
    return LOWTIDE_OUT_OF_RANGE;
  }
  to.at = *at;
  to.threshold = *threshold;
  to.if_below = static_cast<IfBelow>(from.if_below);
  if ((from.flags & LOWTIDE_ENABLE_HAS_SCHEDULE) == 0) return LOWTIDE_OK;
  std::optional<std::chrono::minutes> time_of_day;
  if ((from.flags & LOWTIDE_ENABLE_HAS_TIME_OF_DAY) != 0)
    time_of_day = std::chrono::minutes(from.time_of_day);
  const Result<Schedule> schedule =
      Schedule::make(from.count, time_of_day, std::chrono::minutes(from.utc_offset));
  if (!schedule) {
    field = schedule.error().field;
    return LOWTIDE_OUT_OF_RANGE;
  }
  to.schedule = *schedule;
  return LOWTIDE_OK;
}

lowtide_status from_c(SetThreshold& to, const lowtide_set_threshold& from) noexcept {
  const Result<Instant> at = Instant::from_seconds(from.at);
  if (!at) return LOWTIDE_TIME_RANGE;
  const Result<Threshold> threshold = Threshold::from(from_c(from.threshold));
  if (!threshold) return LOWTIDE_OUT_OF_RANGE;
  to = {*threshold, *at, static_cast<IfBelow>(from.if_below)};
  return LOWTIDE_OK;
}

lowtide_status rebase_from_c(std::optional<Sequence>& to, std::int64_t sequence) noexcept {
  if (sequence < 0) return LOWTIDE_SEQUENCE_RANGE;
  to = std::nullopt;
  if (sequence > 0) to = *Sequence::from(sequence);
  return LOWTIDE_OK;
}

}  // namespace lowtide::capi

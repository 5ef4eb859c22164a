// SPDX-License-Identifier: Apache-2.0
// The fields of the alerts in the golden files, and short forms of amounts and instants. The tests
// of alerts begin with them.
#pragma once

#include <chrono>

#include <lowtide/alert.hpp>

namespace alert_fields {

using namespace lowtide;  // NOLINT(google-build-using-namespace)
using std::chrono::minutes;

inline Amount amount(const char* text) { return Amount::parse(text).value(); }
inline Instant instant(const char* text) { return Instant::parse(text).value(); }
inline std::chrono::local_days day(int year, unsigned month, unsigned date) {
  return std::chrono::local_days(std::chrono::year_month_day(
      std::chrono::year(year), std::chrono::month(month), std::chrono::day(date)));
}

inline AlertFields fresh() { return {}; }

inline AlertFields armed() {
  AlertFields f;
  f.threshold = amount("1000");
  f.available_credit = amount("9200");
  f.sequence = Sequence::from(7).value();
  f.phase = Phase::armed;
  return f;
}

inline AlertFields alerting() {
  AlertFields f;
  f.threshold = amount("1000");
  f.time_of_day = minutes(540);
  f.utc_offset = minutes(480);
  f.available_credit = amount("900.5");
  f.sequence = Sequence::from(INT64_MAX).value();
  f.phase = Phase::alerting;
  f.episode = 3;
  f.fired_at = instant("2026-03-01T23:50:00Z");
  f.fire_day = day(2026, 3, 2);
  f.last_reminder = 2;
  f.reminders_sent = 1;
  return f;
}

inline AlertFields quiet() {
  AlertFields f;
  f.threshold = Amount::max();
  f.count = 255;
  f.time_of_day = minutes(1439);
  f.utc_offset = minutes(-720);
  f.available_credit = Amount::min();
  f.sequence = Sequence::from(12).value();
  f.phase = Phase::quiet;
  f.episode = 4294967295;
  f.fired_at = instant("2026-03-02T05:00:00Z");
  f.fire_day = day(2026, 3, 1);
  f.last_reminder = 255;
  f.reminders_sent = 255;
  f.stop_reason = StopReason::overdue;
  return f;
}

inline AlertFields off() {
  AlertFields f;
  f.threshold = Amount::smallest();
  f.count = 0;
  f.utc_offset = minutes(-1439);
  f.available_credit = Amount::smallest();
  f.episode = 1;
  f.fired_at = instant("9999-12-31T23:59:59Z");
  f.fire_day = day(9999, 12, 31);
  f.stop_reason = StopReason::disabled;
  return f;
}

}  // namespace alert_fields

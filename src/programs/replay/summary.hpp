// SPDX-License-Identifier: Apache-2.0
// Summary: the counts of a run, printed for people at its end. Its form is not part of the
// interface.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <lowtide/decide.hpp>

namespace lowtide::replay {

struct Summary {
  std::uint64_t events = 0;
  std::uint64_t bad_lines = 0;
  std::uint64_t stale = 0;  // balance events with a sequence not greater than the account's last
  std::uint64_t out_of_order = 0;  // events earlier than one before them
  std::uint64_t accounts = 0;
  std::uint64_t accounts_without_alert = 0;
  std::uint64_t alerts = 0;
  std::uint64_t fires = 0;
  std::uint64_t reminders = 0;
  std::array<std::uint64_t, 6> stops{};  // by StopReason; the first is unused

  void count(const Output& output) noexcept;
};

// Two lines of text, each with its LF.
std::string to_text(const Summary& summary);

}  // namespace lowtide::replay

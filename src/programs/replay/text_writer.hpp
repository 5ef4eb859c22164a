// SPDX-License-Identifier: Apache-2.0
// TextWriter: writes decisions and outputs as lines for people. The journal calls it for --format
// text. Its form is not part of the interface.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lowtide/decide.hpp>
#include <lowtide/name.hpp>

#include "programs/replay/ledger.hpp"

namespace lowtide::replay {

// Writes `when  account  alert  what  amounts  why` in columns. A column is as wide as its widest
// entry so far, because each line is written at once.
class TextWriter {
 public:
  void append_output(std::string& out, const AlertEntry& alert, const Output& output, Why why);
  void append_decision(std::string& out, const AlertEntry& alert, Instant at, Why why);

 private:
  void append_head(std::string& out, const AlertEntry& alert, Instant at, std::string_view what);

  // Initially the width of typical entries.
  std::size_t account_width_ = 0;
  std::size_t alert_width_ = default_alert_name.size();
  std::size_t amounts_width_ = std::string_view("available 10000.00, threshold 1000").size();
};

}  // namespace lowtide::replay

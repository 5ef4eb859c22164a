// SPDX-License-Identifier: Apache-2.0
// TextWriter: decisions and outputs as lines for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lowtide/decide.hpp>
#include <lowtide/name.hpp>

#include "programs/replay/ledger.hpp"

namespace lowtide::replay {

// `when  account  alert  what  amounts  why`, in columns. They are as wide as the widest entry so
// far: lines are written as they come.
class TextWriter {
 public:
  void append_output(std::string& out, const NamedAlert& alert, const Output& output, Why why);
  void append_decision(std::string& out, const NamedAlert& alert, Instant at, Why why);

 private:
  void append_head(std::string& out, const NamedAlert& alert, Instant at, std::string_view what);

  // To begin with, as wide as what is usual.
  std::size_t account_width_ = 0;
  std::size_t alert_width_ = default_alert_name.size();
  std::size_t amounts_width_ = std::string_view("available 10000.00, threshold 1000").size();
};

}  // namespace lowtide::replay

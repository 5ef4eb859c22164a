// SPDX-License-Identifier: Apache-2.0
// The texts of the Monitor's errors. They go into the host's log, a line each: no control character
// of a name may reach it.
#include "monitor/error_text.hpp"

#include <algorithm>

#include <lowtide/name.hpp>

namespace lowtide::detail {

std::string quoted(std::string_view text) {
  std::string quote(text.substr(0, max_name_size));
  std::ranges::replace_if(
      quote, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return "'" + quote + (text.size() > max_name_size ? "...'" : "'");
}

std::string account_error(std::string_view account, std::string_view what) {
  return "account " + quoted(account) + ": " + std::string(what);
}

std::string describe(const Error& error) {
  const std::string_view field = error.field;
  return field.empty() ? error.rule : std::string(field) + ": " + error.rule;
}

}  // namespace lowtide::detail

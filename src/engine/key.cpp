// SPDX-License-Identifier: Apache-2.0
// The idempotency key of an output. The Monitor, the C ABI and users of the C++ API call it. The
// form of a key must never change: keys are stored in databases and compared for ever.
#include <lowtide/key.hpp>

#include <lowtide/name.hpp>

namespace lowtide {
namespace {

void append_escaped(std::string& key, std::string_view name) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : name) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '~' || c == '-';
    if (plain) {
      key += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      key += '%';
      key += hex[byte >> 4U];
      key += hex[byte & 15U];
    }
  }
}

}  // namespace

Result<std::string> output_key(std::string_view account, std::string_view alert,
                               const Output& output) {
  if (const auto error = check_name(account, "account")) return *error;
  if (const auto error = check_name(alert, "alert")) return *error;
  std::string key = "lowtide/1/";
  append_escaped(key, account);
  key += '/';
  append_escaped(key, alert);
  key += '/';
  key += std::to_string(output.episode);
  key += '/';
  key += std::to_string(output.fired_at.seconds());
  key += '/';
  key += name(output.kind);
  if (output.kind == OutputKind::remind) {
    key += '-';
    key += std::to_string(output.reminder);
  }
  return key;
}

}  // namespace lowtide

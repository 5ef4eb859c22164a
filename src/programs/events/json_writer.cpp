// SPDX-License-Identifier: Apache-2.0
// Writes decisions and outputs as JSON Lines. lowtide-replay calls it. The output must stay the
// same, byte for byte: docs/events.md defines it, and users compare files.
#include "programs/events/json_writer.hpp"

#include <array>
#include <charconv>

#include <lowtide/amount.hpp>
#include <lowtide/instant.hpp>

namespace lowtide::events {
namespace {

// Only these two characters need an escape: names contain no control characters.
void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_instant(std::string& out, std::string_view key, Instant instant) {
  std::array<char, Instant::text_size> text{};
  out.append(",\"").append(key).append("\":\"");
  out.append(text.data(), write_text(text.data(), instant)).append("\"");
}

void append_amount(std::string& out, std::string_view key, Amount amount) {
  std::array<char, Amount::text_size> text{};
  out.append(",\"").append(key).append("\":\"");
  out.append(text.data(), write_text(text.data(), amount)).append("\"");
}

void append_head(std::string& out, std::string_view account, std::string_view alert, Instant at) {
  out += "{\"account\":";
  append_string(out, account);
  out += ",\"alert\":";
  append_string(out, alert);
  append_instant(out, "at", at);
}

}  // namespace

void append_json(std::string& out, std::string_view account, std::string_view alert,
                 const Output& output) {
  append_head(out, account, alert, output.at);
  out.append(R"(,"output":")").append(name(output.kind)).append(R"(","episode":)");
  append_number(out, output.episode);
  if (output.kind != OutputKind::fire) append_instant(out, "fired_at", output.fired_at);
  if (output.kind == OutputKind::remind) {
    out += ",\"reminder\":";
    append_number(out, output.reminder);
    out += ",\"skipped\":";
    append_number(out, output.skipped);
  }
  if (output.reason) {
    out.append(R"(,"reason":")").append(name(*output.reason)).append(R"(","reminders_sent":)");
    append_number(out, output.reminders_sent);
  }
  append_amount(out, "available_credit", output.available_credit);
  append_amount(out, "threshold", output.threshold);
  out += "}\n";
}

void append_json(std::string& out, std::string_view account, std::string_view alert, Instant at,
                 Why why, Phase phase) {
  append_head(out, account, alert, at);
  out.append(R"(,"why":")")
      .append(name(why))
      .append(R"(","phase":")")
      .append(name(phase))
      .append("\"}\n");
}

}  // namespace lowtide::events

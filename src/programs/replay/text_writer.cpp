// SPDX-License-Identifier: Apache-2.0
// TextWriter: writes decisions and outputs as lines for people. The journal calls it. Names come
// from the input, so they must pass through excerpt().
#include "programs/replay/text_writer.hpp"

#include <algorithm>
#include <array>

#include <lowtide/amount.hpp>
#include <lowtide/instant.hpp>

#include "programs/events/excerpt.hpp"

namespace lowtide::replay {
namespace {

constexpr std::size_t widest = 40;  // a longer entry does not widen its column
constexpr std::size_t what_width = 15;

// The number of characters: all bytes but the continuation bytes of UTF-8.
std::size_t character_count(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

void append_column(std::string& out, std::string_view text, std::size_t& width) {
  const std::size_t size = character_count(text);
  width = std::max(width, std::min(size, widest));
  out.append(text).append(width > size ? width - size : 0, ' ').append("  ");
}

std::string in_words(std::string_view code) {
  std::string words(code);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace

void TextWriter::append_head(std::string& out, const AlertEntry& alert, Instant at,
                             std::string_view what) {
  std::array<char, Instant::text_size> text{};
  write_text(text.data(), at);
  text[10] = ' ';  // a blank between date and time instead of the T
  out.append(text.data(), text.size()).append("  ");
  append_column(out, events::excerpt(alert.account->name, std::string::npos), account_width_);
  append_column(out, events::excerpt(alert.name, std::string::npos), alert_width_);
  std::size_t width = what_width;
  append_column(out, what, width);
}

void TextWriter::append_output(std::string& out, const AlertEntry& alert, const Output& output,
                               Why why) {
  std::string what;
  std::string reason;
  switch (output.kind) {
    case OutputKind::fire:
      what = "FIRE";
      reason = in_words(name(why));
      break;
    case OutputKind::remind:
      what = "reminder " + std::to_string(output.reminder) + "/" +
             std::to_string(alert.alert.schedule().count());
      reason = in_words(name(why));
      if (output.skipped != 0) reason += ", " + std::to_string(output.skipped) + " skipped";
      break;
    case OutputKind::stop:
      what = "stop";
      reason = in_words(name(*output.reason)) + ", " + std::to_string(output.reminders_sent) +
               (output.reminders_sent == 1 ? " reminder sent" : " reminders sent");
      break;
  }
  append_head(out, alert, output.at, what);
  append_column(
      out,
      "available " + to_text(output.available_credit) + ", threshold " + to_text(output.threshold),
      amounts_width_);
  out.append(reason).append("\n");
}

void TextWriter::append_decision(std::string& out, const AlertEntry& alert, Instant at, Why why) {
  append_head(out, alert, at, std::string("(").append(name(alert.alert.phase())).append(")"));
  out.append(sentence(why)).append("\n");
}

}  // namespace lowtide::replay

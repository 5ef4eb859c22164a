// SPDX-License-Identifier: Apache-2.0
// Instant: parses and writes instants as text. Users of the C++ API and the programs call it. It
// reads no clock, and it accepts exactly one form of text.
#include <lowtide/instant.hpp>

#include <array>

namespace lowtide {
namespace {

constexpr std::string_view form = "0000-00-00T00:00:00Z";  // each 0 stands for any digit

unsigned number(std::string_view digits) noexcept {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

char* write_number(char* out, unsigned value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

}  // namespace

Result<Instant> Instant::parse(std::string_view text) noexcept {
  constexpr Error malformed{ErrorCode::malformed, "at",
                            "is not an instant of the form 2026-03-01T08:00:00Z"};
  if (text.size() != form.size()) return malformed;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool fits = form[i] == '0' ? (text[i] >= '0' && text[i] <= '9') : text[i] == form[i];
    if (!fits) return malformed;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(number(text.substr(0, 4)))),
      std::chrono::month(number(text.substr(5, 2))), std::chrono::day(number(text.substr(8, 2)))};
  const unsigned hour = number(text.substr(11, 2));
  const unsigned minute = number(text.substr(14, 2));
  const unsigned second = number(text.substr(17, 2));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
    return Error{ErrorCode::malformed, "at", "is not a valid date and time"};
  }
  return from(std::chrono::sys_days(date) +
              std::chrono::seconds(hour * 3600 + minute * 60 + second));
}

char* write_text(char* out, Instant instant) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(instant.time());
  const std::chrono::year_month_day date(day);
  const auto second = static_cast<unsigned>((instant.time() - day).count());
  out = write_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *out++ = '-';
  out = write_number(out, static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  out = write_number(out, static_cast<unsigned>(date.day()), 2);
  *out++ = 'T';
  out = write_number(out, second / 3600, 2);
  *out++ = ':';
  out = write_number(out, second / 60 % 60, 2);
  *out++ = ':';
  out = write_number(out, second % 60, 2);
  *out++ = 'Z';
  return out;
}

std::string to_text(Instant instant) {
  std::array<char, Instant::text_size> text{};
  return {text.data(), write_text(text.data(), instant)};
}

}  // namespace lowtide

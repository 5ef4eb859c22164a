// SPDX-License-Identifier: Apache-2.0
// Compares instants, names and keys with slow and simple reference implementations.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide/instant.hpp>
#include <lowtide/key.hpp>
#include <lowtide/name.hpp>

#include "chance.hpp"
#include "exercised.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)
using lowtide::Instant;

constexpr std::int64_t day = 86400;

bool leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int days_in(int year, int month) {
  constexpr std::array<int, 13> days = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : days[static_cast<std::size_t>(month)];
}
std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return std::string(width - std::min(width, text.size()), '0') + text;
}
std::string written(int year, int month, int date, std::int64_t second) {
  return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(date, 2) + "T" +
         padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" +
         padded(second % 60, 2) + "Z";
}

TEST_CASE(
    "instant: every day from 1970 to 9999 is written and parsed as a day-by-day calendar says") {
  Chance chance(21);
  const int last_year = test_scale() == 1 ? 9999 : 2400;
  std::int64_t number = 0;
  std::uint64_t instants = 0;
  for (int year = 1970; year <= last_year; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int date = 1; date <= days_in(year, month); ++date, ++number) {
        for (const std::int64_t second : {std::int64_t{0}, chance.between(1, day - 2), day - 1}) {
          const std::string text = written(year, month, date, second);
          const auto instant = Instant::from_seconds(number * day + second);
          if (!instant || to_text(*instant) != text)
            FAIL(text << " is written as " << (instant ? to_text(*instant) : "nothing"));
          const auto read = Instant::parse(text);
          if (!read || *read != *instant) FAIL(text << " is parsed as another instant");
          ++instants;
        }
      }
      const std::string beyond = written(year, month, days_in(year, month) + 1, 0);
      if (Instant::parse(beyond)) FAIL(beyond << " is accepted");
    }
  }
  exercised(at_scale("the calendar").c_str(), instants, "instants",
            test_scale() == 1 ? 8798691 : 470000);
}

TEST_CASE("instant: a text of any other form is refused") {
  Chance chance(22);
  const std::uint64_t tries = scaled(1000000);
  std::uint64_t refused = 0;
  constexpr std::string_view letters = "0123456789-:TZtz+. ";
  for (std::uint64_t i = 0; i < tries; ++i) {
    const std::int64_t seconds = chance.between(0, Instant::max_seconds);
    const std::string good = to_text(*Instant::from_seconds(seconds));
    std::string text = good;
    switch (chance.below(4)) {
      case 0: text.erase(chance.below(text.size()), 1); break;
      case 1: text.insert(chance.below(text.size() + 1), 1, chance.pick(letters)); break;
      default: text[chance.below(text.size())] = chance.pick(letters); break;
    }
    const auto read = Instant::parse(text);
    // An accepted text must be written back the same, so nothing was guessed. A text that an
    // instant is written as must not be refused.
    if (read && to_text(*read) != text) FAIL(text << " is parsed as " << to_text(*read));
    if (!read && text == good) FAIL(text << " is refused");
    refused += read ? 0 : 1;
  }
  CHECK(!Instant::from_seconds(-1));
  CHECK(!Instant::from_seconds(Instant::max_seconds + 1));
  CHECK(!Instant::parse("1969-12-31T23:59:59Z"));
  exercised(at_scale("instants in other forms").c_str(), refused, "refused", scaled(500000));
}

// Encodes one code point as UTF-8: the reference for names.
std::string encoded(std::uint32_t c) {
  std::string text;
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | c >> 6U), put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12U), put(0x80U | (c >> 6U & 0x3FU)), put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | c >> 18U), put(0x80U | (c >> 12U & 0x3FU)), put(0x80U | (c >> 6U & 0x3FU)),
        put(0x80U | (c & 0x3FU));
  }
  return text;
}

// Decodes the bytes as one code point, using only their number. They are valid if encoding the
// result gives the same bytes.
std::optional<std::uint32_t> decoded(const std::string& text) {
  constexpr std::array<std::uint32_t, 5> masks = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t c = static_cast<std::uint8_t>(text[0]) & masks[text.size()];
  for (std::size_t i = 1; i < text.size(); ++i)
    c = c << 6U | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
  const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
  if (c > 0x10FFFF || surrogate || encoded(c) != text) return std::nullopt;
  return c;
}

TEST_CASE("name: one character is accepted exactly if it is valid and not a control character") {
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  // Every lead byte, with continuation bytes around every limit; alone, before and after another
  // character.
  const std::vector<unsigned> edges = {0x00, 0x1F, 0x20, 0x41, 0x7F, 0x80, 0x81, 0x8F, 0x90,
                                       0x9F, 0xA0, 0xBE, 0xBF, 0xC0, 0xC2, 0xE0, 0xF4, 0xFF};
  const auto check = [&](const std::string& text) {
    const auto c = decoded(text);
    const bool good = c && *c >= 0x20 && *c != 0x7F;
    bool whole = good;
    // A text that is not one character may still be several.
    for (std::size_t cut = 1; !whole && cut < text.size(); ++cut) {
      const auto head = decoded(text.substr(0, cut));
      if (!head || *head < 0x20 || *head == 0x7F) continue;
      whole = !lowtide::check_name(text.substr(cut), "tail");
    }
    const auto error = lowtide::check_name(text, "account");
    if (error.has_value() == whole)
      FAIL("a name of " << text.size() << " bytes is "
                        << std::string(whole ? "refused" : "accepted"));
    if (error && std::string_view(error->field) != "account") FAIL("the error has another field");
    if (lowtide::check_name("a" + text, "n").has_value() == whole ||
        lowtide::check_name(text + "z", "n").has_value() == whole) {
      FAIL("a neighbouring character changes the result");
    }
    ++(whole ? taken : refused);
  };
  for (unsigned lead = 0; lead < 256; ++lead) {
    const std::string one(1, static_cast<char>(lead));
    check(one);
    for (const unsigned second : edges) {
      const std::string two = one + static_cast<char>(second);
      check(two);
      for (const unsigned third : edges) {
        const std::string three = two + static_cast<char>(third);
        check(three);
        for (const unsigned fourth : edges) check(three + static_cast<char>(fourth));
      }
    }
  }
  exercised("names of up to four bytes", taken, "taken", 1000);
  exercised("names of up to four bytes", refused, "refused", 1000000);
}

TEST_CASE("name: has 1 to 255 bytes") {
  for (const std::size_t size : {0U, 1U, 2U, 254U, 255U, 256U, 300U}) {
    CAPTURE(size);
    CHECK(lowtide::check_name(std::string(size, 'n'), "alert").has_value() ==
          (size < 1 || size > 255));
  }
  exercised("lengths of names", 7, "lengths", 7);
}

std::string any_name(Chance& chance) {
  constexpr std::string_view letters = "AZaz09._~-/% %2Fb@[`{:,+\"\\";
  std::string name;
  for (std::uint64_t n = 1 + chance.below(12); n > 0; --n) {
    if (chance.one_in(4)) {
      const auto c = static_cast<std::uint32_t>(chance.between(0x80, 0x10FFFF));
      name += encoded(c >= 0xD800 && c <= 0xDFFF ? 0x20AC : c);
    } else {
      name += chance.pick(letters);
    }
  }
  return name;
}

// Converts a segment of a key back to the name. None if it is not written in the one allowed way.
std::optional<std::string> unescaped(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (plain.find(text[i]) != std::string_view::npos) {
      name += text[i];
      continue;
    }
    if (text[i] != '%' || i + 2 >= text.size()) return std::nullopt;
    const auto high = hex.find(text[i + 1]);
    const auto low = hex.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    name += static_cast<char>(high * 16 + low);
    if (plain.find(name.back()) != std::string_view::npos) return std::nullopt;
    i += 2;
  }
  return name;
}

TEST_CASE("key: contains account, alert, episode, instant, kind and reminder, each in one form") {
  Chance chance(23);
  const std::uint64_t keys = scaled(300000);
  for (std::uint64_t i = 0; i < keys; ++i) {
    const std::string account = any_name(chance);
    const std::string alert = any_name(chance);
    lowtide::Output output;
    output.kind = static_cast<lowtide::OutputKind>(chance.between(1, 3));
    output.episode = static_cast<std::uint32_t>(chance.between(1, UINT32_MAX));
    output.at = *Instant::from_seconds(chance.between(0, Instant::max_seconds));
    output.fired_at = *Instant::from_seconds(chance.between(0, Instant::max_seconds));
    output.reminder = static_cast<std::uint8_t>(chance.between(1, 255));
    output.reminders_sent = static_cast<std::uint8_t>(chance.between(0, 255));
    const auto key = output_key(account, alert, output);
    if (!key) FAIL("no key for " << account << " and " << alert);

    std::vector<std::string> parts(1);
    for (const char c : *key) {
      if (c == '/') {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    const std::array<std::string, 3> kinds = {"fire", "remind-" + std::to_string(output.reminder),
                                              "stop"};
    const bool good = parts.size() == 7 && parts[0] == "lowtide" && parts[1] == "1" &&
                      unescaped(parts[2]) == account && unescaped(parts[3]) == alert &&
                      parts[4] == std::to_string(output.episode) &&
                      parts[5] == std::to_string(output.fired_at.seconds()) &&
                      parts[6] == kinds[static_cast<std::size_t>(output.kind) - 1];
    if (!good) FAIL(*key << " is not the key of " << account << " and " << alert);
  }
  const auto no_account = lowtide::output_key("", "low_balance", {});
  const auto no_alert = lowtide::output_key("acme", "\n", {});
  REQUIRE(!no_account);
  REQUIRE(!no_alert);
  CHECK(std::string_view(no_account.error().field) == "account");
  CHECK(std::string_view(no_alert.error().field) == "alert");
  exercised(at_scale("keys").c_str(), keys, "keys taken apart", scaled(300000));
}

}  // namespace

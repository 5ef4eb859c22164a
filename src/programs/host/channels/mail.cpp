// SPDX-License-Identifier: Apache-2.0
// Mail: composes a mail in the format of RFC 5322. HostCourier calls it. It must never let a name
// or an address add a header.
#include "programs/host/channels/mail.hpp"

#include <algorithm>
#include <array>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>

#include <lowtide/key.hpp>

#include "programs/host/common/message.hpp"

namespace lowtide::host {
namespace {

constexpr std::size_t max_size = 200;  // of a file name or Message-ID made from a key
constexpr std::size_t max_address_size = 254;

bool is_printable_ascii(char c) noexcept { return c > ' ' && c < '\x7F'; }

std::string replaced(std::string_view text, char what, std::string_view by) {
  std::string result;
  for (const char c : text) {
    if (c == what) {
      result += by;
    } else {
      result += c;
    }
  }
  return result;
}

// Returns `text` if it is short enough, otherwise a hash of the key. No key contains '=', so a hash
// never equals the text of another key.
std::string bounded(std::string_view key, std::string text) {
  if (text.size() <= max_size) return text;
  const boost::uuids::name_generator_sha1 generate(boost::uuids::ns::url());
  return "lowtide=" + boost::uuids::to_string(generate(key.data(), key.size()));
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    unsigned value = 0;
    for (std::size_t j = 0; j < 3; ++j)
      value = value * 256 + (j < group.size() ? static_cast<unsigned char>(group[j]) : 0);
    for (std::size_t j = 0; j < 4; ++j)
      text += j <= group.size() ? digits[(value >> (6 * (3 - j))) & 63U] : '=';
  }
  return text;
}

// Encodes text for a header line. Short ASCII text stays as it is. Other text becomes encoded words
// (RFC 2047) of at most 75 characters, one per line, without splitting a character.
std::string header_text(std::string_view text) {
  constexpr std::size_t max_plain_size = 64;
  constexpr std::size_t bytes_per_word = 45;
  if (text.size() <= max_plain_size && !text.starts_with(' ') && !text.ends_with(' ') &&
      text.find("=?") == std::string_view::npos &&
      std::ranges::all_of(text, [](char c) { return c == ' ' || is_printable_ascii(c); })) {
    return std::string(text);
  }
  std::string lines;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), bytes_per_word);
    while (size < text.size() && size > 1 &&
           (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
      --size;
    if (!lines.empty()) lines += "\r\n ";
    lines += "=?UTF-8?B?" + base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return lines;
}

// "Tue, 10 Mar 2026 15:50:00 +0000".
std::string date(Instant instant) {
  constexpr std::array<const char*, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(instant.time());
  const unsigned month = static_cast<unsigned>(std::chrono::year_month_day(day).month());
  const std::string text = to_text(instant);
  return std::string(weekdays.at(std::chrono::weekday(day).c_encoding())) + ", " +
         text.substr(8, 2) + " " + months.at(month - 1) + " " + text.substr(0, 4) + " " +
         text.substr(11, 8) + " +0000";
}

}  // namespace

std::optional<std::string> check_address(std::string_view address) {
  const std::size_t at = address.find('@');
  const bool one_at = at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
                      address.find('@', at + 1) == std::string_view::npos;
  const auto allowed = [](char c) {
    return is_printable_ascii(c) &&
           std::string_view("\"(),:;<>[\\]").find(c) == std::string_view::npos;
  };
  if (!one_at || address.size() > max_address_size || !std::ranges::all_of(address, allowed))
    return "is not a plain e-mail address";
  return std::nullopt;
}

std::string file_stem(std::string_view key) { return bounded(key, replaced(key, '/', "+")); }

// A Message-ID must not contain two dots in a row, but a name may, so dots are escaped. A key never
// contains %2E itself, because it does not escape dots.
std::string message_id(std::string_view key) {
  return "<" + bounded(key, replaced(key, '.', "%2E")) + "@lowtide.invalid>";
}

std::string compose_mail(const Delivery& delivery, std::string_view from) {
  const Notice& notice = delivery.notice;
  const Message text = message(delivery);
  std::string mail;
  const auto header = [&](std::string_view name, std::string_view value) {
    mail.append(name).append(": ").append(value).append("\r\n");
  };
  header("From", from);
  header("To", delivery.profile.contact);
  header("Subject", header_text(text.subject));
  header("Date", date(notice.output.at));
  header("Message-ID", message_id(notice.key));
  if (notice.output.kind != OutputKind::fire) {
    // So that mail programs show an episode as one thread.
    Output fire = notice.output;
    fire.kind = OutputKind::fire;
    if (const auto key = output_key(notice.account, notice.alert, fire)) {
      header("In-Reply-To", message_id(*key));
      header("References", message_id(*key));
    }
  }
  header("Auto-Submitted", "auto-generated");
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=UTF-8");
  header("Content-Transfer-Encoding", "8bit");
  header("Content-Language", "en");
  return mail + "\r\n" + replaced(text.body, '\n', "\r\n");
}

}  // namespace lowtide::host

// SPDX-License-Identifier: Apache-2.0
#include "programs/events/event_reader.hpp"

#include <simdjson.h>

#include <array>
#include <bit>
#include <cstring>

#include "programs/events/excerpt.hpp"
#include "programs/events/line_reader.hpp"

namespace lowtide::events {
namespace {

namespace json = simdjson::ondemand;

static_assert(LineReader::padding >= simdjson::SIMDJSON_PADDING);

// A set of keys, as bits; each bit is also the place of the key in its table.
using Keys = std::uint32_t;

enum Key : std::uint8_t {
  type,
  account,
  at,
  sequence,
  balance,
  alert,
  available_credit,
  threshold,
  reminders,
  if_below
};
enum ReminderKey : std::uint8_t { count, time_of_day, utc_offset };

constexpr Keys bit(unsigned key) noexcept { return Keys{1} << key; }

// A key as it stands in a line. The closing quote belongs to it, so that one comparison of raw
// bytes tells a whole key.
class KeyText {
 public:
  constexpr KeyText(std::string_view name) noexcept
      : name_(name) {  // NOLINT(google-explicit-constructor): tables of keys read better
    for (std::size_t i = 0; i <= name.size(); ++i) {
      bytes_[i] = i < name.size() ? name[i] : '"';
      mask_[i] = '\xFF';
    }
  }
  constexpr std::string_view name() const noexcept { return name_; }

  // Whether the bytes at `raw` are this key. Looks at `size` bytes whatever the key is: whole
  // words, and no branch for each of them.
  bool at(const char* raw) const noexcept {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t))
      difference |= (word(raw + i) ^ word(&bytes_[i])) & word(&mask_[i]);
    return difference == 0;
  }

 private:
  static constexpr std::size_t size = 32;
  static_assert(size <= LineReader::padding);

  static std::uint64_t word(const char* bytes) noexcept {
    std::uint64_t loaded = 0;
    std::memcpy(&loaded, bytes, sizeof loaded);
    return loaded;
  }

  std::string_view name_;
  std::array<char, size> bytes_{};
  std::array<char, size> mask_{};
};

constexpr std::array<KeyText, 10> event_keys = {KeyText("type"),
                                                KeyText("account"),
                                                KeyText("at"),
                                                KeyText("sequence"),
                                                KeyText("balance"),
                                                KeyText("alert"),
                                                KeyText("available_credit"),
                                                KeyText("threshold"),
                                                KeyText("reminders"),
                                                KeyText("if_below")};
constexpr std::array<KeyText, 5> balance_keys = {
    KeyText("cash_balance"), KeyText("credit_limit"), KeyText("credit_refunds"),
    KeyText("unsettled_current_month"), KeyText("unsettled_previous_months")};
constexpr std::array<Amount Balance::*, 5> components = {
    &Balance::cash_balance, &Balance::credit_limit, &Balance::credit_refunds,
    &Balance::unsettled_current_month, &Balance::unsettled_previous_months};
constexpr std::array<KeyText, 3> reminder_keys = {KeyText("count"), KeyText("at"),
                                                  KeyText("utc_offset")};

// What each type of event may hold beside type and at, and which of that it must hold.
struct Shape {
  std::string_view name;
  Keys required;
  Keys optional;
};
constexpr std::array<Shape, 6> shapes = {{
    {"balance", bit(account), bit(sequence) | bit(balance) | bit(available_credit)},
    {"enable", bit(account) | bit(threshold), bit(alert) | bit(reminders) | bit(if_below)},
    {"set_threshold", bit(account) | bit(threshold), bit(alert) | bit(if_below)},
    {"disable", bit(account), bit(alert)},
    {"rebase", bit(account) | bit(sequence), 0},
    {"tick", 0, bit(account)},
}};
static_assert(static_cast<std::size_t>(EventType::tick) == shapes.size() - 1);

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// "HH:MM" in minutes; none if it is not of that form or not a time of day.
std::optional<std::chrono::minutes> parse_minutes(std::string_view text) noexcept {
  const auto digit = [&](std::size_t i) {
    return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100;
  };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = digit(0) * 10 + digit(1);
  const int minutes = digit(3) * 10 + digit(4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return std::chrono::minutes(hours * 60 + minutes);
}

std::string_view describe(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::UTF8_ERROR: return "the line is not UTF-8";
    case simdjson::EMPTY: return "the line is empty";
    case simdjson::UNCLOSED_STRING: return "a string is not closed";
    case simdjson::UNESCAPED_CHARS: return "a string contains a control character";
    case simdjson::STRING_ERROR: return "a string contains a wrong escape";
    case simdjson::INCORRECT_TYPE: return "the line is not a JSON object";
    default: return "the line is not valid JSON";
  }
}

// One line on its way into one event. The functions give false when the line is to be refused; what
// is wrong is in `wrong` then.
class LineParse {
 public:
  LineParse(std::string_view line, InputEvent& event, std::string& wrong) noexcept
      : line_(line), event_(event), wrong_(wrong) {}

  bool parse(json::parser& parser) {
    json::object object;
    simdjson::error_code error =
        parser.iterate(line_.data(), line_.size(), line_.size() + LineReader::padding)
            .get(document_);
    if (error != simdjson::SUCCESS) return fail("", describe(error), line_);
    error = document_.get_object().get(object);
    if (error != simdjson::SUCCESS) return fail(error);
    escapes_ = line_.find('\\') != std::string_view::npos;

    event_ = InputEvent{};
    const bool read =
        for_each_field(object, event_keys, seen_, "",
                       [&](unsigned key, json::value& value) { return field(key, value); });
    if (!read) return false;
    const auto rest = document_.current_location();
    if (rest.error() != simdjson::OUT_OF_BOUNDS) {
      if (rest.error() != simdjson::SUCCESS) return fail(rest.error());
      return fail("", "the object is followed by other text", from(rest.value_unsafe()));
    }
    return check_shape() && check_values();
  }

 private:
  // Calls visit(place in `keys`, value) for each field of an object. Refuses unknown keys and keys
  // given twice, escaped or not.
  template <std::size_t N, class Visit>
  bool for_each_field(json::object& object, const std::array<KeyText, N>& keys, Keys& seen,
                      std::string_view within, const Visit& visit) {
    unsigned expected = 0;
    for (auto result : object) {
      if (result.error() != simdjson::SUCCESS) return fail(result.error());
      json::field&& field = std::move(result).value_unsafe();
      const char* const raw = field.key().raw();
      unsigned key = find(raw, keys, expected);
      if (key == N) {
        std::string_view name;
        if (const auto error = field.unescaped_key().get(name)) return fail(error);
        key = find(name, keys);
        if (key == N)
          return fail(excerpt(std::string(within).append(name)), "is not a known key",
                      from(raw - 1));
      }
      if ((seen & bit(key)) != 0)
        return fail({within, keys[key].name()}, "is given twice", from(raw - 1));
      seen |= bit(key);
      expected = key + 1;
      if (!visit(key, field.value())) return false;
    }
    return true;
  }

  // The place among `keys` of the key whose raw bytes begin at `raw`, N if it is none or written
  // with escapes. Fields mostly come in the order of the table, so the search begins at `expected`.
  template <std::size_t N>
  static unsigned find(const char* raw, const std::array<KeyText, N>& keys,
                       unsigned expected) noexcept {
    for (unsigned i = 0, key = expected; i < N; ++i, ++key) {
      if (key >= N) key = 0;
      if (keys[key].at(raw)) return key;
    }
    return N;
  }

  // The same of a key without its escapes.
  template <std::size_t N>
  static unsigned find(std::string_view name, const std::array<KeyText, N>& keys) noexcept {
    unsigned key = 0;
    while (key < N && name != keys[key].name()) ++key;
    return key;
  }

  bool field(unsigned key, json::value& value) {
    std::string_view text;
    switch (static_cast<Key>(key)) {
      case type: return string(value, "type", text) && take_type(text, value);
      case account:
        return string(value, "account", event_.account) && name(event_.account, "account", value);
      case alert: return string(value, "alert", event_.alert) && name(event_.alert, "alert", value);
      case at: {
        if (!string(value, "at", text)) return false;
        const Result<Instant> instant = Instant::parse(text);
        if (!instant) return fail("at", instant.error().rule, token(value));
        event_.at = *instant;
        return true;
      }
      case sequence: {
        if (!integer(value, "sequence",
                     "must be a JSON integer from 1 (in a rebase 0) to 9223372036854775807",
                     sequence_))
          return false;
        sequence_token_ = token(value);
        return true;
      }
      case balance: return take_balance(value);
      case available_credit: return amount(value, "available_credit", event_.available_credit);
      case threshold: {
        Amount amount_read;
        if (!amount(value, "threshold", amount_read)) return false;
        const Result<Threshold> threshold_read = Threshold::from(amount_read);
        if (!threshold_read) return fail("threshold", threshold_read.error().rule, token(value));
        event_.threshold = *threshold_read;
        return true;
      }
      case reminders: return take_reminders(value);
      case if_below: {
        if (!string(value, "if_below", text)) return false;
        if (text != "next_change" && text != "recovery_first") {
          return fail("if_below", "is neither next_change nor recovery_first", token(value));
        }
        event_.if_below = text == "next_change" ? IfBelow::next_change : IfBelow::recovery_first;
        return true;
      }
    }
    return false;
  }

  bool take_type(std::string_view text, json::value& value) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (text == shapes[i].name) {
        event_.type = static_cast<EventType>(i);
        return true;
      }
    }
    return fail("type", "is not one of balance, enable, set_threshold, disable, rebase, tick",
                token(value));
  }

  bool take_balance(json::value& value) {
    json::object object;
    balance_text_ = from(token(value).data());
    if (const auto error = value.get_object().get(object))
      return wrong_type(error, "balance", "must be a JSON object", value);
    Balance& read = event_.balance.emplace();
    Keys seen = 0;
    const bool good = for_each_field(
        object, balance_keys, seen, "balance.", [&](unsigned key, json::value& component) {
          return amount(component, {"balance.", balance_keys[key].name()}, read.*components[key]);
        });
    if (!good) return false;
    for (unsigned key = 0; key < balance_keys.size(); ++key) {
      if ((seen & bit(key)) == 0)
        return fail({"balance.", balance_keys[key].name()}, "is missing", balance_text_);
    }
    return true;
  }

  bool take_reminders(json::value& value) {
    json::object object;
    const std::string_view whole = from(token(value).data());
    if (const auto error = value.get_object().get(object))
      return wrong_type(error, "reminders", "must be a JSON object", value);
    std::int64_t reminder_count = Schedule().count();
    std::optional<std::chrono::minutes> local_time;
    std::chrono::minutes offset{0};
    Keys seen = 0;
    const bool good = for_each_field(
        object, reminder_keys, seen, "reminders.", [&](unsigned key, json::value& part) {
          std::string_view text;
          switch (static_cast<ReminderKey>(key)) {
            case count:
              return integer(part, "reminders.count", "must be a JSON integer from 0 to 255",
                             reminder_count);
            case time_of_day: {
              if (!string(part, "reminders.at", text)) return false;
              local_time = parse_minutes(text);
              return local_time ? true
                                : fail("reminders.at", "is not a time of day from 00:00 to 23:59",
                                       token(part));
            }
            case utc_offset: {
              if (!string(part, "reminders.utc_offset", text)) return false;
              const bool is_signed = text.starts_with('+') || text.starts_with('-');
              const auto size = is_signed ? parse_minutes(text.substr(1)) : std::nullopt;
              if (!size)
                return fail("reminders.utc_offset", "is not an offset from -23:59 to +23:59",
                            token(part));
              offset = text.front() == '-' ? -*size : *size;
              return true;
            }
          }
          return false;
        });
    if (!good) return false;
    const Result<Schedule> schedule = Schedule::make(reminder_count, local_time, offset);
    if (!schedule)
      return fail(FieldName("reminders.", schedule.error().field), schedule.error().rule, whole);
    event_.schedule = *schedule;
    return true;
  }

  // Whether the keys are those of the event's type.
  bool check_shape() {
    const Shape& shape = shapes[static_cast<std::size_t>(event_.type)];
    const Keys required = shape.required | bit(type) | bit(at);
    if (const Keys missing = required & ~seen_) {
      return fail(event_keys[static_cast<unsigned>(std::countr_zero(missing))].name(), "is missing",
                  line_);
    }
    if (const Keys excess = seen_ & ~(required | shape.optional)) {
      return fail(event_keys[static_cast<unsigned>(std::countr_zero(excess))].name(),
                  std::string("is not a key of the type ").append(shape.name), line_);
    }
    if (event_.type != EventType::balance) return true;
    const Keys forms = seen_ & (bit(balance) | bit(available_credit));
    if (forms == 0) return fail("balance", "is missing, and so is available_credit", line_);
    if (forms == (bit(balance) | bit(available_credit)))
      return fail("available_credit", "is given beside a balance", line_);
    return true;
  }

  // What needs more than one field to be known.
  bool check_values() {
    const bool rebase = event_.type == EventType::rebase;
    if ((seen_ & bit(sequence)) != 0 && !(rebase && sequence_ == 0)) {
      const Result<Sequence> read = Sequence::from(sequence_);
      if (!read)
        return fail("sequence",
                    rebase ? "must be from 0 to 9223372036854775807" : read.error().rule,
                    sequence_token_);
      event_.sequence = *read;
    }
    if (event_.balance) {
      const Result<Amount> credit = lowtide::available_credit(*event_.balance);
      if (!credit)
        return fail("balance", std::string("the Available Credit ") + credit.error().rule,
                    balance_text_);
      event_.available_credit = *credit;
    }
    return true;
  }

  // The name of a field, in two halves that are put together only for a message.
  struct FieldName {
    FieldName(const char* name) noexcept
        : last(name) {}  // NOLINT(google-explicit-constructor): a name is a name
    FieldName(std::string_view first_half, std::string_view last_half) noexcept
        : first(first_half), last(last_half) {}
    std::string_view first;
    std::string_view last;
  };

  bool string(json::value& value, const FieldName& field, std::string_view& text) {
    // In a line without escapes a string's text is what stands between its quotes, and the parser
    // has checked all bytes of the line for UTF-8 and control characters before; so there is
    // nothing to copy. The token reaches up to the next one, blanks included.
    if (!escapes_) {
      std::string_view raw = token(value);
      json::raw_json_string unused;
      if (raw.size() >= 2 && raw.back() == '"' &&
          value.get_raw_json_string().get(unused) == simdjson::SUCCESS) {
        text = raw.substr(1, raw.size() - 2);
        return true;
      }
    }
    const auto error = value.get_string().get(text);
    return error == simdjson::SUCCESS ? true
                                      : wrong_type(error, field, "must be a JSON string", value);
  }

  bool integer(json::value& value, const FieldName& field, std::string_view rule,
               std::int64_t& number) {
    const auto error = value.get_int64().get(number);
    return error == simdjson::SUCCESS ? true : fail(field, rule, token(value));
  }

  bool amount(json::value& value, const FieldName& field, Amount& amount) {
    std::string_view text;
    if (!string(value, field, text)) return false;
    const Result<Amount> read = Amount::parse(text);
    if (!read) return fail(field, read.error().rule, token(value));
    amount = *read;
    return true;
  }

  bool name(std::string_view text, const char* field, json::value& value) {
    const std::optional<Error> error = check_name(text, field);
    return error ? fail(field, error->rule, token(value)) : true;
  }

  // The raw text of a value's first token, and of the line from a place in it on.
  std::string_view token(json::value& value) const {
    std::string_view raw = value.raw_json_token();
    raw = raw.substr(0, std::min(raw.size(), from(raw.data()).size()));
    while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
    return raw;
  }
  std::string_view from(const char* place) const {
    return line_.substr(static_cast<std::size_t>(place - line_.data()));
  }

  bool wrong_type(simdjson::error_code error, const FieldName& field, std::string_view rule,
                  json::value& value) {
    return fail(field, error == simdjson::STRING_ERROR ? describe(error) : rule, token(value));
  }
  // What is wrong with the JSON itself: shown from where the parser stood, if it had come that far.
  bool fail(simdjson::error_code error) {
    const auto place = document_.current_location();
    const bool known = place.error() == simdjson::SUCCESS && place.value_unsafe() > line_.data() &&
                       place.value_unsafe() < line_.end();
    return fail("", describe(error), known ? from(place.value_unsafe()) : line_);
  }
  bool fail(const FieldName& field, std::string_view rule, std::string_view text) {
    return fail(std::string(field.first).append(field.last), rule, text);
  }
  bool fail(std::string_view field, std::string_view rule, std::string_view text) {
    wrong_.assign(field)
        .append(field.empty() ? "" : ": ")
        .append(rule)
        .append(": ")
        .append(excerpt(text));
    return false;
  }
  bool fail(const char* field, std::string_view rule, std::string_view text) {
    return fail(std::string_view(field), rule, text);
  }

  std::string_view line_;
  json::document document_;
  InputEvent& event_;
  std::string& wrong_;
  Keys seen_ = 0;
  bool escapes_ = false;  // the line holds a backslash
  std::int64_t sequence_ = 0;
  std::string_view sequence_token_;
  std::string_view balance_text_;
};

}  // namespace

struct EventReader::Memory {
  json::parser parser;
};

EventReader::EventReader() : memory_(std::make_unique<Memory>()) {}
EventReader::~EventReader() = default;
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;

std::optional<std::string> EventReader::read(std::string_view line, InputEvent& event) {
  std::string wrong;
  if (LineParse(line, event, wrong).parse(memory_->parser)) return std::nullopt;
  return wrong;
}

}  // namespace lowtide::events

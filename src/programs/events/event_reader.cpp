// SPDX-License-Identifier: Apache-2.0
// EventReader: checks the fields of an event line and fills in the event. lowtide-replay and
// lowtide-host call it for every line. A line that is wrong never leads to an event, and no line
// may crash it.
#include "programs/events/event_reader.hpp"

#include <bit>

#include "programs/events/event_keys.hpp"
#include "programs/events/json_line.hpp"

namespace lowtide::events {
namespace {

// Parses "HH:MM" into minutes; none if it has another form or is not a time of day.
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

// Parses "+HH:MM" or "-HH:MM".
std::optional<std::chrono::minutes> parse_offset(std::string_view text) noexcept {
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const auto size = parse_minutes(text.substr(1));
  if (!size) return std::nullopt;
  return text.front() == '-' ? -*size : *size;
}

// Parses one line into one event. A function that returns false refuses the line and has set the
// message.
class EventParser {
 public:
  EventParser(std::string_view line, InputEvent& event, std::string& message) noexcept
      : json_(line, message), event_(event) {}

  bool parse(json::parser& parser) {
    json::object object;
    if (!json_.begin(parser, object)) return false;
    event_ = InputEvent{};
    const bool read = json_.for_each_field(
        object, event_keys, seen_, "",
        [&](unsigned key, json::value& value) { return field(static_cast<EventKey>(key), value); });
    return read && json_.end() && check_keys() && check_values();
  }

 private:
  bool field(EventKey key, json::value& value) {
    switch (key) {
      case EventKey::type: return type(value);
      case EventKey::account: return json_.name(value, "account", event_.account);
      case EventKey::alert: return json_.name(value, "alert", event_.alert);
      case EventKey::at: return at(value);
      case EventKey::sequence: return sequence(value);
      case EventKey::balance: return balance(value);
      case EventKey::available_credit:
        return json_.amount(value, "available_credit", event_.available_credit);
      case EventKey::threshold: return threshold(value);
      case EventKey::reminders: return reminders(value);
      case EventKey::if_below: return if_below(value);
    }
    return false;
  }

  bool type(json::value& value) {
    std::string_view text;
    if (!json_.string(value, "type", text)) return false;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (text == shapes[i].name) {
        event_.type = static_cast<EventType>(i);
        return true;
      }
    }
    return json_.fail("type", "is not one of balance, enable, set_threshold, disable, rebase, tick",
                      json_.token(value));
  }

  bool at(json::value& value) {
    std::string_view text;
    if (!json_.string(value, "at", text)) return false;
    const Result<Instant> instant = Instant::parse(text);
    if (!instant) return json_.fail("at", instant.error().rule, json_.token(value));
    event_.at = *instant;
    return true;
  }

  // Its range depends on the type, which may follow later in the line: see check_values().
  bool sequence(json::value& value) {
    if (!json_.integer(value, "sequence",
                       "must be a JSON integer from 1 (0 in a rebase) to 9223372036854775807",
                       sequence_))
      return false;
    sequence_token_ = json_.token(value);
    return true;
  }

  bool balance(json::value& value) {
    json::object object;
    balance_text_ = json_.rest(value);
    if (!json_.object(value, "balance", object)) return false;
    Balance& balance = event_.balance.emplace();
    Keys seen = 0;
    const bool read = json_.for_each_field(
        object, balance_keys, seen, "balance.", [&](unsigned key, json::value& component) {
          return json_.amount(component, {"balance.", balance_keys[key].name()},
                              balance.*components[key]);
        });
    if (!read) return false;
    for (unsigned key = 0; key < balance_keys.size(); ++key) {
      if ((seen & bit(key)) == 0)
        return json_.fail({"balance.", balance_keys[key].name()}, "is missing", balance_text_);
    }
    return true;
  }

  bool threshold(json::value& value) {
    Amount amount;
    if (!json_.amount(value, "threshold", amount)) return false;
    const Result<Threshold> threshold = Threshold::from(amount);
    if (!threshold) return json_.fail("threshold", threshold.error().rule, json_.token(value));
    event_.threshold = *threshold;
    return true;
  }

  struct Reminders {
    std::int64_t count = Schedule().count();
    std::optional<std::chrono::minutes> time_of_day;
    std::chrono::minutes utc_offset{0};
  };

  bool reminders(json::value& value) {
    json::object object;
    const std::string_view text = json_.rest(value);
    if (!json_.object(value, "reminders", object)) return false;
    Reminders reminders;
    Keys seen = 0;
    const bool read = json_.for_each_field(
        object, reminder_keys, seen, "reminders.", [&](unsigned key, json::value& part) {
          return reminder_field(static_cast<ReminderKey>(key), part, reminders);
        });
    if (!read) return false;
    const Result<Schedule> schedule =
        Schedule::make(reminders.count, reminders.time_of_day, reminders.utc_offset);
    if (!schedule)
      return json_.fail({"reminders.", schedule.error().field}, schedule.error().rule, text);
    event_.schedule = *schedule;
    return true;
  }

  bool reminder_field(ReminderKey key, json::value& value, Reminders& reminders) {
    std::string_view text;
    switch (key) {
      case ReminderKey::count:
        return json_.integer(value, "reminders.count", "must be a JSON integer from 0 to 255",
                             reminders.count);
      case ReminderKey::at: {
        if (!json_.string(value, "reminders.at", text)) return false;
        reminders.time_of_day = parse_minutes(text);
        if (reminders.time_of_day) return true;
        return json_.fail("reminders.at", "is not a time of day from 00:00 to 23:59",
                          json_.token(value));
      }
      case ReminderKey::utc_offset: {
        if (!json_.string(value, "reminders.utc_offset", text)) return false;
        const auto offset = parse_offset(text);
        if (!offset)
          return json_.fail("reminders.utc_offset", "is not an offset from -23:59 to +23:59",
                            json_.token(value));
        reminders.utc_offset = *offset;
        return true;
      }
    }
    return false;
  }

  bool if_below(json::value& value) {
    std::string_view text;
    if (!json_.string(value, "if_below", text)) return false;
    if (text != "next_change" && text != "recovery_first")
      return json_.fail("if_below", "is neither next_change nor recovery_first",
                        json_.token(value));
    event_.if_below = text == "next_change" ? IfBelow::next_change : IfBelow::recovery_first;
    return true;
  }

  // Checks that the line has all keys that its type requires, and no key that its type does not
  // have.
  bool check_keys() {
    const Shape& shape = shapes[static_cast<std::size_t>(event_.type)];
    const Keys required = shape.required | bit(EventKey::type) | bit(EventKey::at);
    const auto first_key = [](Keys keys) {
      return event_keys[static_cast<unsigned>(std::countr_zero(keys))].name();
    };
    if (const Keys missing = required & ~seen_)
      return json_.fail(first_key(missing), "is missing", json_.text());
    if (const Keys excess = seen_ & ~(required | shape.optional))
      return json_.fail(first_key(excess),
                        std::string("is not a key of the type ").append(shape.name), json_.text());
    if (event_.type != EventType::balance) return true;
    const bool has_balance = has(EventKey::balance);
    const bool has_credit = has(EventKey::available_credit);
    if (!has_balance && !has_credit)
      return json_.fail("balance", "is missing, and so is available_credit", json_.text());
    if (has_balance && has_credit)
      return json_.fail("available_credit", "must not be given together with balance",
                        json_.text());
    return true;
  }

  // Checks what depends on more than one field.
  bool check_values() {
    const bool is_rebase = event_.type == EventType::rebase;
    if (has(EventKey::sequence) && !(is_rebase && sequence_ == 0)) {
      const Result<Sequence> sequence = Sequence::from(sequence_);
      if (!sequence)
        return json_.fail(
            "sequence", is_rebase ? "must be from 0 to 9223372036854775807" : sequence.error().rule,
            sequence_token_);
      event_.sequence = *sequence;
    }
    if (event_.balance) {
      const Result<Amount> credit = lowtide::available_credit(*event_.balance);
      if (!credit)
        return json_.fail("balance", std::string("the Available Credit ") + credit.error().rule,
                          balance_text_);
      event_.available_credit = *credit;
    }
    return true;
  }

  bool has(EventKey key) const noexcept { return (seen_ & bit(key)) != 0; }

  JsonLine json_;
  InputEvent& event_;
  Keys seen_ = 0;
  std::int64_t sequence_ = 0;
  std::string_view sequence_token_;
  std::string_view balance_text_;  // the line from the balance on, for messages
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
  std::string message;
  if (EventParser(line, event, message).parse(memory_->parser)) return std::nullopt;
  return message;
}

}  // namespace lowtide::events

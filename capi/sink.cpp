// SPDX-License-Identifier: Apache-2.0
// Checks and copies what callbacks put into sinks. Called through lowtide_sink_put, by hosts,
// inside their callbacks. Must copy everything: an item may be gone when the put returns.
#include "sink.hpp"

#include <new>
#include <utility>

#include "arguments.hpp"
#include "convert.hpp"
#include "texts.hpp"

namespace lowtide::capi {
namespace {

static_assert(sizeof(lowtide_stored_alert) == 88 && sizeof(lowtide_account) == 224 &&
              sizeof(lowtide_due_account) == 48);
static_assert(sizeof(lowtide_delivery) == 240);

constexpr std::uint32_t account_flags =
    LOWTIDE_ACCOUNT_HAS_BALANCE | LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT |
    LOWTIDE_ACCOUNT_HAS_SEQUENCE | LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT;
constexpr std::uint32_t stored_alert_flags = LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT |
                                             LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT |
                                             LOWTIDE_STORED_ALERT_CHANGED;
constexpr std::uint32_t most_digits = 18;

template <class Item>
lowtide_status check_item(const void* item) noexcept {
  return check_arguments(in_struct(static_cast<const Item*>(item)));
}

lowtide_status read_alert(StoredAlert& to, const lowtide_stored_alert& from) {
  if ((from.flags & ~stored_alert_flags) != 0) return LOWTIDE_FLAGS;
  if (const lowtide_status wrong = read_text(to.name, from.name)) return wrong;
  if (const lowtide_status wrong = check_text(from.state.data, from.state.size)) return wrong;
  const auto bytes = std::as_bytes(std::span(from.state.data, from.state.size));
  to.state.assign(bytes.begin(), bytes.end());
  return LOWTIDE_OK;
}

lowtide_status read_alerts(std::vector<StoredAlert>& to, const lowtide_account& from) {
  if (from.alert_count == 0) return LOWTIDE_OK;
  if (const lowtide_status wrong = check_array(from.alerts, from.alert_count, from.alert_stride))
    return wrong;
  for (std::size_t i = 0; i < from.alert_count; ++i) {
    StoredAlert alert;
    if (const lowtide_status wrong = read_alert(alert, at(from.alerts, i, from.alert_stride)))
      return wrong;
    to.push_back(std::move(alert));
  }
  return LOWTIDE_OK;
}

// Notes a wrong value in what is stored, the first of an item. It is no error of the put: the item
// is taken, and the Monitor reports the damage.
void note(std::string& damage, const char* field, const char* rule, const std::string& value) {
  if (damage.empty()) damage = std::string(field) + ": must be " + rule + ": " + value;
}

lowtide_status read_profile(AccountProfile& to, std::string& damage, const lowtide_text& contact,
                            const lowtide_text& language, const lowtide_text& currency,
                            std::uint32_t digits) {
  if (const lowtide_status wrong = read_text(to.contact, contact)) return wrong;
  if (const lowtide_status wrong = read_text(to.language, language)) return wrong;
  if (const lowtide_status wrong = read_text(to.currency, currency)) return wrong;
  if (digits > most_digits) note(damage, "currency_digits", "0 to 18", std::to_string(digits));
  to.currency_digits = static_cast<std::uint8_t>(digits);
  return LOWTIDE_OK;
}

lowtide_status read_account(AccountRecord& to, const lowtide_account& from) {
  const auto has = [&](std::uint32_t flag) { return (from.flags & flag) != 0; };
  if ((from.flags & ~account_flags) != 0) return LOWTIDE_FLAGS;
  if (from.reserved != 0) note(to.damage, "reserved", "0", std::to_string(from.reserved));
  to.revision = from.revision;
  if (has(LOWTIDE_ACCOUNT_HAS_BALANCE)) to.balance = balance_from_c(from);
  if (has(LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT))
    to.available_credit = from_c(from.available_credit);
  if (has(LOWTIDE_ACCOUNT_HAS_SEQUENCE)) {
    const Result<Sequence> sequence = Sequence::from(from.sequence);
    if (sequence) {
      to.sequence = *sequence;
    } else {
      note(to.damage, "sequence", "1 to 9223372036854775807", std::to_string(from.sequence));
    }
  }
  if (has(LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT)) {
    const Result<Instant> first = Instant::from_seconds(from.first_cost_at);
    if (first) {
      to.first_cost_at = *first;
    } else {
      note(to.damage, "first_cost_at", "0 to 253402300799", std::to_string(from.first_cost_at));
    }
  }
  if (const lowtide_status wrong = read_profile(to.profile, to.damage, from.contact, from.language,
                                                from.currency, from.currency_digits)) {
    return wrong;
  }
  return read_alerts(to.alerts, from);
}

lowtide_status read(std::string& to, WalkCursor& cursor, const lowtide_due_account& from) {
  if (from.flags != 0) return LOWTIDE_FLAGS;
  if (const lowtide_status wrong = read_text(to, from.account)) return wrong;
  cursor.at = from.cursor_at;
  return read_text(cursor.text, from.cursor_text);
}

lowtide_status read(Delivery& to, WalkCursor& cursor, const lowtide_delivery& from) {
  if (from.flags != 0) return LOWTIDE_FLAGS;
  if (from.output.struct_size != sizeof from.output) return LOWTIDE_STRUCT_SIZE;
  if (from.reserved != 0) note(to.damage, "reserved", "0", std::to_string(from.reserved));
  if (const lowtide_status wrong = read_text(to.notice.key, from.key)) return wrong;
  if (const lowtide_status wrong = read_text(to.notice.account, from.account)) return wrong;
  if (const lowtide_status wrong = read_text(to.notice.alert, from.alert)) return wrong;
  if (const lowtide_status wrong = read_text(to.channel, from.channel)) return wrong;
  to.notice.cause = from.cause;
  if (const lowtide_status wrong = read_profile(to.profile, to.damage, from.contact, from.language,
                                                from.currency, from.currency_digits)) {
    return wrong;
  }
  if (const auto error = from_c(to.notice.output, from.output); error && to.damage.empty()) {
    to.damage = std::string("output.") + error->field + ": is not what an output has";
  }
  cursor.at = from.cursor_at;
  return read_text(cursor.text, from.cursor_text);
}

template <class Item>
struct CItem;
template <>
struct CItem<std::string> {
  using type = lowtide_due_account;
};
template <>
struct CItem<Delivery> {
  using type = lowtide_delivery;
};

}  // namespace

void LoadedAccounts::request(std::span<const std::string_view> names) {
  records_.assign(names.size(), {});
  was_put_.assign(names.size(), false);
  places_.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    records_[i].name = names[i];
    places_.emplace(names[i], i);
  }
}

lowtide_status LoadedAccounts::put(const void* item) {
  if (const lowtide_status wrong = check_item<lowtide_account>(item)) return wrong;
  const auto& from = *static_cast<const lowtide_account*>(item);
  if (const lowtide_status wrong = check_text(from.name.data, from.name.size)) return wrong;
  const auto place = places_.find(view(from.name));
  if (place == places_.end() || was_put_[place->second]) return LOWTIDE_SINK_FULL;
  if (const lowtide_status wrong = read_account(records_[place->second], from)) return wrong;
  was_put_[place->second] = true;
  return LOWTIDE_OK;
}

template <class Item>
lowtide_status WalkPage<Item>::put(const void* item) {
  using From = typename CItem<Item>::type;
  if (const lowtide_status wrong = check_item<From>(item)) return wrong;
  if (items.size() >= limit) return LOWTIDE_SINK_FULL;
  Item to;
  WalkCursor behind;
  if (const lowtide_status wrong = read(to, behind, *static_cast<const From*>(item))) return wrong;
  items.push_back(std::move(to));
  cursor = std::move(behind);
  return LOWTIDE_OK;
}
template struct WalkPage<std::string>;
template struct WalkPage<Delivery>;

namespace {

lowtide_status put_error(lowtide_sink& sink, const void* item) {
  const auto* const from = static_cast<const lowtide_text*>(item);
  if (const lowtide_status wrong = check_arguments(in(from))) return wrong;
  if (sink.has_error) return LOWTIDE_SINK_FULL;
  sink.has_error = true;
  return read_text(sink.error, *from);
}

lowtide_status put(lowtide_sink& sink, const void* item) {
  switch (sink.kind) {
    case lowtide_sink::Kind::accounts: return sink.accounts.put(item);
    case lowtide_sink::Kind::due: return sink.due.put(item);
    case lowtide_sink::Kind::pending: return sink.pending.put(item);
    case lowtide_sink::Kind::error: return put_error(sink, item);
    case lowtide_sink::Kind::closed: break;
  }
  return LOWTIDE_SINK_CLOSED;
}

}  // namespace
}  // namespace lowtide::capi

lowtide_status lowtide_sink_put(lowtide_sink* sink, const void* item) {
  using namespace lowtide::capi;
  if (const lowtide_status wrong = check_arguments(in(sink))) return wrong;
  if (sink->kind == lowtide_sink::Kind::closed) return LOWTIDE_SINK_CLOSED;
  lowtide_status status = LOWTIDE_INTERNAL_ERROR;
  try {
    status = put(*sink, item);
  } catch (const std::bad_alloc&) {
    status = LOWTIDE_OUT_OF_MEMORY;
  } catch (...) {
    status = LOWTIDE_INTERNAL_ERROR;
  }
  sink->broken |= status != LOWTIDE_OK;
  return status;
}

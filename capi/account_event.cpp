// SPDX-License-Identifier: Apache-2.0
// Checks and converts the events of a Monitor, for apply.cpp. Decides nothing, and allocates
// nothing: an event is checked before memory is needed for it.
#include "account_event.hpp"

#include "events.hpp"
#include "texts.hpp"

namespace lowtide::capi {
namespace {

static_assert(sizeof(lowtide_account_event) == 88);

// Which fields a kind of event has besides `account`.
struct Fields {
  bool alert = false;
  bool at = false;
  bool sequence = false;
  bool observation = false;
  bool enable = false;
  bool set_threshold = false;
};

std::optional<Fields> fields_of(std::int32_t kind) noexcept {
  switch (kind) {
    case LOWTIDE_EVENT_OBSERVATION: return Fields{.observation = true};
    case LOWTIDE_EVENT_ENABLE: return Fields{.alert = true, .enable = true};
    case LOWTIDE_EVENT_SET_THRESHOLD: return Fields{.alert = true, .set_threshold = true};
    case LOWTIDE_EVENT_DISABLE: return Fields{.alert = true, .at = true};
    case LOWTIDE_EVENT_REBASE: return Fields{.at = true, .sequence = true};
    case LOWTIDE_EVENT_TICK: return Fields{.at = true};
    default: return std::nullopt;
  }
}

// True if every field that the kind does not have is empty.
bool fits(const lowtide_account_event& event, const Fields& has) noexcept {
  return (has.alert || event.alert.size == 0) && (has.at || event.at == 0) &&
         (has.sequence || event.sequence == 0) &&
         (has.observation || event.observation == nullptr) &&
         (has.enable || event.enable == nullptr) &&
         (has.set_threshold || event.set_threshold == nullptr);
}

bool is_missing(const lowtide_account_event& event, const Fields& has) noexcept {
  return (has.observation && event.observation == nullptr) ||
         (has.enable && event.enable == nullptr) ||
         (has.set_threshold && event.set_threshold == nullptr);
}

template <class Struct>
lowtide_status check_pointer(const Struct* data, const void* reports,
                             std::size_t reports_size) noexcept {
  if (data == nullptr) return LOWTIDE_OK;
  if (const lowtide_status wrong = check_arguments(in_struct(data))) return wrong;
  return overlap(reports, reports_size, data, data->struct_size) ? LOWTIDE_OVERLAP : LOWTIDE_OK;
}

// Precondition: check_codes.
lowtide_status read_observation(BalanceObservation& to, const lowtide_observation& from) noexcept {
  if (const lowtide_status wrong = check_ranges(from)) return wrong;
  to = {Amount(), *Instant::from_seconds(from.at), std::nullopt};
  if ((from.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0)
    to.sequence = *Sequence::from(from.sequence);
  if ((from.flags & LOWTIDE_OBSERVATION_HAS_BALANCE) != 0) {
    to.credit = balance_from_c(from);
  } else {
    to.credit = capi::from_c(from.available_credit);
  }
  return LOWTIDE_OK;
}

lowtide_status read_instant(Instant& to, std::int64_t seconds) noexcept {
  const Result<Instant> instant = Instant::from_seconds(seconds);
  if (!instant) return LOWTIDE_TIME_RANGE;
  to = *instant;
  return LOWTIDE_OK;
}

// The event without its account.
lowtide_status read_event(MonitorEvent& to, const lowtide_account_event& from) noexcept {
  lowtide_status wrong = LOWTIDE_OK;
  switch (from.kind) {
    case LOWTIDE_EVENT_OBSERVATION:
      return read_observation(to.emplace<BalanceObservation>(), *from.observation);
    case LOWTIDE_EVENT_ENABLE: {
      const char* field = "";
      AlertEnable& event = to.emplace<AlertEnable>();
      event.alert = view(from.alert);
      return from_c(event.event, field, *from.enable);
    }
    case LOWTIDE_EVENT_SET_THRESHOLD: {
      AlertSetThreshold& event = to.emplace<AlertSetThreshold>();
      event.alert = view(from.alert);
      return from_c(event.event, *from.set_threshold);
    }
    case LOWTIDE_EVENT_DISABLE: {
      AlertDisable& event = to.emplace<AlertDisable>();
      event.alert = view(from.alert);
      return read_instant(event.event.at, from.at);
    }
    case LOWTIDE_EVENT_REBASE: {
      Rebase& event = to.emplace<Rebase>();
      wrong = read_instant(event.at, from.at);
      return wrong != LOWTIDE_OK ? wrong : rebase_from_c(event.sequence, from.sequence);
    }
    case LOWTIDE_EVENT_TICK: {
      AccountTick& event = to.emplace<AccountTick>();
      event.inclusive = true;
      wrong = read_instant(event.at, from.at);
      event.end = event.at;
      return wrong;
    }
    default: return LOWTIDE_CODE;
  }
}

}  // namespace

lowtide_account_event event_of(std::int32_t kind, const char* account, std::size_t account_size,
                               const char* alert, std::size_t alert_size) noexcept {
  lowtide_account_event event{};
  event.struct_size = sizeof event;
  event.kind = kind;
  event.account = {account, account_size};
  event.alert = {alert, alert_size};
  return event;
}

lowtide_status check_event(const lowtide_account_event& event, const void* reports,
                           std::size_t reports_size) noexcept {
  if (event.flags != 0) return LOWTIDE_FLAGS;
  const std::optional<Fields> has = fields_of(event.kind);
  if (!has || event.reserved != 0 || !fits(event, *has)) return LOWTIDE_CODE;
  if (is_missing(event, *has)) return LOWTIDE_NULL_ARGUMENT;
  const lowtide_status account = check_text(event.account.data, event.account.size);
  const lowtide_status alert = check_text(event.alert.data, event.alert.size);
  if (account == LOWTIDE_NULL_ARGUMENT || alert == LOWTIDE_NULL_ARGUMENT)
    return LOWTIDE_NULL_ARGUMENT;
  if (account != LOWTIDE_OK || alert != LOWTIDE_OK) return LOWTIDE_STRIDE;
  // At most one of the three is set.
  for (const lowtide_status wrong : {check_pointer(event.observation, reports, reports_size),
                                     check_pointer(event.enable, reports, reports_size),
                                     check_pointer(event.set_threshold, reports, reports_size)}) {
    if (wrong != LOWTIDE_OK) return wrong;
  }
  return LOWTIDE_OK;
}

lowtide_status check_codes(const lowtide_account_event& event) noexcept {
  switch (event.kind) {
    case LOWTIDE_EVENT_OBSERVATION: return check_codes(*event.observation);
    case LOWTIDE_EVENT_ENABLE: return check_codes(*event.enable);
    case LOWTIDE_EVENT_SET_THRESHOLD: return check_codes(*event.set_threshold);
    default: return LOWTIDE_OK;
  }
}

lowtide_status from_c(AccountEvent& to, const lowtide_account_event& from) noexcept {
  to.account = view(from.account);
  return read_event(to.event, from);
}

}  // namespace lowtide::capi

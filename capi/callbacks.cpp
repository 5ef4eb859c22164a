// SPDX-License-Identifier: Apache-2.0
// Calls the callbacks of a host, and turns whatever they return or throw into a result of C++.
// Called by the Monitor. Must not lose a result for lack of memory.
#include "callbacks.hpp"

#include <new>
#include <utility>

#include "convert.hpp"
#include "texts.hpp"

namespace lowtide::capi {
namespace {

static_assert(sizeof(lowtide_notice) == 160 && sizeof(lowtide_audit_line) == 56 &&
              sizeof(lowtide_commit) == 72);
static_assert(sizeof(lowtide_walk) == 48 && sizeof(lowtide_delivery_result) == 40 &&
              sizeof(lowtide_host) == 64);

lowtide_stored_alert to_c(const StoredAlert& from) noexcept {
  lowtide_stored_alert to{};
  to.struct_size = sizeof to;
  to.name = capi::to_c(from.name);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes of C++ as those of C
  to.state = {reinterpret_cast<const std::uint8_t*>(from.state.data()), from.state.size()};
  to.threshold = capi::to_c(from.threshold);
  to.phase = code(from.phase);
  if (from.available_credit) {
    to.flags |= LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT;
    to.available_credit = capi::to_c(*from.available_credit);
  }
  if (from.next_reminder_at) {
    to.flags |= LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT;
    to.next_reminder_at = from.next_reminder_at->seconds();
  }
  if (from.changed) to.flags |= LOWTIDE_STORED_ALERT_CHANGED;
  return to;
}

template <class To>
void write_profile(To& to, const AccountProfile& from) noexcept {
  to.contact = capi::to_c(from.contact);
  to.language = capi::to_c(from.language);
  to.currency = capi::to_c(from.currency);
  to.currency_digits = from.currency_digits;
}

lowtide_audit_line to_c(const AuditLine& from) noexcept {
  lowtide_audit_line to{};
  to.struct_size = sizeof to;
  to.at = from.at.seconds();
  to.event = capi::to_c(from.event);
  to.alert = capi::to_c(from.alert);
  if (from.why) {
    to.flags = LOWTIDE_AUDIT_HAS_WHY;
    to.why = code(*from.why);
  }
  to.phase = code(from.phase);
  return to;
}

lowtide_delivery to_c(const Delivery& from) noexcept {
  lowtide_delivery to{};
  to.struct_size = sizeof to;
  to.key = capi::to_c(from.notice.key);
  to.account = capi::to_c(from.notice.account);
  to.alert = capi::to_c(from.notice.alert);
  to.channel = capi::to_c(from.channel);
  to.cause = from.notice.cause;
  write_profile(to, from.profile);
  to.output = capi::to_c(from.notice.output);
  return to;
}

// A commit in C, with the arrays that it points to.
struct CommitView {
  lowtide_account account{};
  std::vector<lowtide_stored_alert> alerts;
  std::vector<lowtide_notice> notices;
  std::vector<std::vector<lowtide_text>> channels;
  std::vector<lowtide_audit_line> audit;

  explicit CommitView(const AccountCommit& from) {
    const AccountRecord& record = from.after;
    for (const StoredAlert& alert : record.alerts) alerts.push_back(to_c(alert));
    for (const AuditLine& line : from.audit) audit.push_back(to_c(line));
    for (const Notice& notice : from.notices) {
      channels.emplace_back();
      for (const std::string& channel : notice.channels)
        channels.back().push_back(capi::to_c(channel));
      lowtide_notice to{};
      to.struct_size = sizeof to;
      to.key = capi::to_c(notice.key);
      to.account = capi::to_c(notice.account);
      to.alert = capi::to_c(notice.alert);
      to.cause = notice.cause;
      to.channels = channels.back().data();
      to.channel_count = channels.back().size();
      to.output = capi::to_c(notice.output);
      notices.push_back(to);
    }
    account.struct_size = sizeof account;
    account.name = capi::to_c(record.name);
    account.revision = record.revision;
    if (record.balance) {
      account.flags |= LOWTIDE_ACCOUNT_HAS_BALANCE;
      account.cash_balance = capi::to_c(record.balance->cash_balance);
      account.credit_limit = capi::to_c(record.balance->credit_limit);
      account.credit_refunds = capi::to_c(record.balance->credit_refunds);
      account.unsettled_current_month = capi::to_c(record.balance->unsettled_current_month);
      account.unsettled_previous_months = capi::to_c(record.balance->unsettled_previous_months);
    }
    if (record.available_credit) {
      account.flags |= LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT;
      account.available_credit = capi::to_c(*record.available_credit);
    }
    if (record.sequence) {
      account.flags |= LOWTIDE_ACCOUNT_HAS_SEQUENCE;
      account.sequence = record.sequence->value();
    }
    if (record.first_cost_at) {
      account.flags |= LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT;
      account.first_cost_at = record.first_cost_at->seconds();
    }
    write_profile(account, record.profile);
    account.alerts = alerts.data();
    account.alert_count = alerts.size();
    account.alert_stride = sizeof(lowtide_stored_alert);
  }
};

CommitResult result_from_c(std::int32_t code) noexcept {
  switch (code) {
    case LOWTIDE_HOST_COMMITTED: return CommitResult::committed;
    case LOWTIDE_HOST_CONFLICT: return CommitResult::conflict;
    case LOWTIDE_HOST_NOT_STORED: return CommitResult::failed;
    // Not written, or any other value: it may have been stored.
    default: return CommitResult::unknown;
  }
}

// Opens a sink for the time of one callback.
class OpenSink {
 public:
  OpenSink(lowtide_sink& sink, lowtide_sink::Kind kind) noexcept : sink_(sink) {
    sink_.kind = kind;
    sink_.broken = false;
    sink_.has_error = false;
    sink_.error.clear();
  }
  OpenSink(const OpenSink&) = delete;
  OpenSink& operator=(const OpenSink&) = delete;
  OpenSink(OpenSink&&) = delete;
  OpenSink& operator=(OpenSink&&) = delete;
  ~OpenSink() { sink_.kind = lowtide_sink::Kind::closed; }

 private:
  lowtide_sink& sink_;
};

}  // namespace

// Calls a callback with its sinks open. Returns 0, which is an undefined code, if it threw.
template <class Call>
std::int32_t Callbacks::call(lowtide_sink::Kind kind, Call one) {
  const OpenSink results(results_, kind);
  const OpenSink error(error_, lowtide_sink::Kind::error);
  threw_ = false;
  return contain(one, [this] {
    threw_ = true;
    return 0;
  });
}

// Maps a callback's return code to an error, or to none. If memory runs out only the message is
// shortened, never the result.
std::optional<HostError> Callbacks::failure(const char* callback,
                                            std::int32_t code) const noexcept {
  if (code == LOWTIDE_HOST_OK && !results_.broken && !error_.broken) return std::nullopt;
  return describe(callback, code, code == LOWTIDE_HOST_OK || code == LOWTIDE_HOST_FAILED);
}

// Describes the failure of a callback that returned `code`, which it may return if it `is_defined`.
HostError Callbacks::describe(const char* callback, std::int32_t code,
                              bool is_defined) const noexcept {
  HostError error{callback};  // a name so short that it needs no memory
  try {
    std::string what = callback;
    if (threw_) {
      what += " threw an exception";
    } else if (!is_defined) {
      what += " returned the undefined code " + std::to_string(code);
    } else if (results_.broken || error_.broken) {
      what += " put something into a sink that was refused";
    } else {
      what += " failed";
    }
    if (!error_.error.empty()) what += ": " + error_.error;
    error.what = std::move(what);
  } catch (const std::bad_alloc&) {
    return error;
  }
  return error;
}

HandoverResult Callbacks::handed_over(Handover handover, const char* without_words) const noexcept {
  HandoverResult result{handover, {}};
  try {
    result.error = error_.error.empty() ? without_words : error_.error;
  } catch (const std::bad_alloc&) {
    result.error = "deliver";
  }
  return result;
}

std::optional<HostError> Callbacks::load(std::span<const std::string_view> accounts,
                                         std::vector<AccountRecord>& records) {
  std::vector<lowtide_text> names;
  names.reserve(accounts.size());
  for (const std::string_view name : accounts) names.push_back(capi::to_c(name));
  results_.accounts.request(accounts);
  const std::int32_t code = call(lowtide_sink::Kind::accounts, [&] {
    return host_.load(host_.context, &results_, &error_, names.data(), names.size());
  });
  records = results_.accounts.take();
  return failure("load", code);
}

std::optional<HostError> Callbacks::commit(std::span<const AccountCommit> commits,
                                           std::span<CommitResult> results) {
  std::vector<CommitView> views;
  views.reserve(commits.size());
  std::vector<lowtide_commit> all;
  all.reserve(commits.size());
  for (const AccountCommit& from : commits) {
    const CommitView& view = views.emplace_back(from);
    all.push_back({sizeof(lowtide_commit), 0, &view.account, view.notices.data(),
                   view.notices.size(), sizeof(lowtide_notice), view.audit.data(),
                   view.audit.size(), sizeof(lowtide_audit_line), from.recorded_at.seconds()});
  }
  std::vector<std::int32_t> codes(commits.size(), 0);
  const std::int32_t code = call(lowtide_sink::Kind::closed, [&] {
    return host_.commit(host_.context, codes.data(), &error_, all.data(), all.size(),
                        sizeof(lowtide_commit));
  });
  for (std::size_t i = 0; i < codes.size(); ++i) results[i] = result_from_c(codes[i]);
  return failure("commit", code);
}

template <class Page, class Item>
std::optional<HostError> Callbacks::walk(lowtide_sink::Kind kind, const char* name, Page& page,
                                         const lowtide_walk& from, WalkCursor& cursor,
                                         std::vector<Item>& items) {
  const auto callback = kind == lowtide_sink::Kind::due ? host_.due : host_.pending;
  page.items.clear();
  page.limit = from.limit;
  page.cursor = cursor;
  const std::int32_t code =
      call(kind, [&] { return callback(host_.context, &results_, &error_, &from); });
  if (auto error = failure(name, code)) return error;
  items = std::move(page.items);
  cursor = std::move(page.cursor);
  return std::nullopt;
}

namespace {

lowtide_walk walk_from(const WalkCursor& cursor, std::size_t limit) noexcept {
  lowtide_walk walk{};
  walk.struct_size = sizeof walk;
  walk.limit = limit;
  if (cursor.goes_on) walk.flags = LOWTIDE_WALK_GOES_ON;
  walk.cursor_at = cursor.at;
  walk.cursor_text = capi::to_c(cursor.text);
  return walk;
}

}  // namespace

std::optional<HostError> Callbacks::due(Instant end, bool inclusive, std::size_t limit,
                                        WalkCursor& cursor, std::vector<std::string>& accounts) {
  lowtide_walk from = walk_from(cursor, limit);
  from.end = end.seconds();
  if (inclusive) from.flags |= LOWTIDE_WALK_INCLUSIVE;
  return walk(lowtide_sink::Kind::due, "due", results_.due, from, cursor, accounts);
}

std::optional<HostError> Callbacks::pending(std::size_t limit, WalkCursor& cursor,
                                            std::vector<Delivery>& deliveries) {
  return walk(lowtide_sink::Kind::pending, "pending", results_.pending, walk_from(cursor, limit),
              cursor, deliveries);
}

std::optional<HostError> Callbacks::record_delivery(const Delivery& delivery, DeliveryState state,
                                                    std::string_view error, Instant now) {
  static_assert(code(DeliveryState::sent) == LOWTIDE_DELIVERY_SENT &&
                code(DeliveryState::failed) == LOWTIDE_DELIVERY_FAILED);
  const lowtide_delivery view = to_c(delivery);
  const lowtide_delivery_result result{sizeof result, code(state), &view, capi::to_c(error),
                                       now.seconds()};
  return failure("record_delivery", call(lowtide_sink::Kind::closed, [&] {
                   return host_.record_delivery(host_.context, &error_, &result);
                 }));
}

HandoverResult Callbacks::deliver(const Delivery& delivery) {
  const lowtide_delivery view = to_c(delivery);
  const std::int32_t code = call(lowtide_sink::Kind::closed,
                                 [&] { return host_.deliver(host_.context, &error_, &view); });
  switch (code) {
    case LOWTIDE_HOST_SENT: return {Handover::sent, {}};
    case LOWTIDE_HOST_REJECTED: return handed_over(Handover::failed, "deliver rejected it");
    case LOWTIDE_HOST_TRY_AGAIN: return handed_over(Handover::try_again, "deliver put it off");
    default: return {Handover::try_again, describe("deliver", code, false).what};
  }
}

}  // namespace lowtide::capi

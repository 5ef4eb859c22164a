// SPDX-License-Identifier: Apache-2.0
// Monitor: calls the host's Store and Courier in the one safe order. Hosts call it, in C through
// capi/monitor.cpp. It must never hand over a notice that is not stored, and never lose the report
// of something that is: see what monitor.hpp says about std::bad_alloc.
#include <lowtide/monitor.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include "monitor/apply_call.hpp"
#include "monitor/error_text.hpp"
#include "monitor/store_walk.hpp"

namespace lowtide {
namespace {

using detail::account_error;
using detail::chunk_size;
using detail::no_memory;
using detail::text_or_no_memory;

// Room for `more` errors, so that adding them needs no allocation.
void make_room(std::vector<std::string>& errors, std::size_t more) {
  if (errors.capacity() - errors.size() < more)
    errors.reserve(std::max(errors.size() + more, 2 * errors.capacity()));
}

// Hands over one delivery and records the result. `report` has room for two errors.
void deliver_one(Store& store, Courier& courier, const Delivery& delivery, Instant now,
                 DeliveryReport& report) {
  const auto add_error = [&](std::string_view what) {
    report.errors.push_back(text_or_no_memory([&] {
      return account_error(delivery.notice.account, delivery.channel + ": " + std::string(what));
    }));
  };
  if (!delivery.damage.empty()) {
    add_error(delivery.damage);
    ++report.postponed;
    return;
  }
  const HandoverResult result = courier.deliver(delivery);
  const bool sent = result.handover == Handover::sent;
  if (!sent) add_error(result.error);
  if (!sent && result.handover != Handover::failed) {
    ++report.postponed;
    return;
  }
  const DeliveryState state = sent ? DeliveryState::sent : DeliveryState::failed;
  if (const auto error = store.record_delivery(delivery, state, result.error, now)) {
    add_error(error->what);
    ++report.postponed;
    return;
  }
  ++(sent ? report.sent : report.failed);
}

}  // namespace

std::string_view name(DeliveryState state) noexcept {
  switch (state) {
    case DeliveryState::pending: return "pending";
    case DeliveryState::sent: return "sent";
    case DeliveryState::failed: return "failed";
  }
  return "";
}

std::string_view name(EventStatus status) noexcept {
  switch (status) {
    case EventStatus::committed: return "committed";
    case EventStatus::unchanged: return "unchanged";
    case EventStatus::refused: return "refused";
    case EventStatus::conflict: return "conflict";
    case EventStatus::unknown: return "unknown";
    case EventStatus::failed: return "failed";
  }
  return "";
}

Monitor::Monitor(Store& store, Courier& courier, MonitorOptions options)
    : store_(store), courier_(courier), options_(std::move(options)) {}

EventReport Monitor::observe(std::string_view account, const BalanceObservation& observation,
                             Instant now) {
  const AccountEvent event{account, observation};
  return std::move(apply({&event, 1}, now).front());
}

EventReport Monitor::enable(std::string_view account, std::string_view alert, const Enable& event,
                            Instant now) {
  const AccountEvent one{account, AlertEnable{alert, event}};
  return std::move(apply({&one, 1}, now).front());
}

EventReport Monitor::set_threshold(std::string_view account, std::string_view alert,
                                   const SetThreshold& event, Instant now) {
  const AccountEvent one{account, AlertSetThreshold{alert, event}};
  return std::move(apply({&one, 1}, now).front());
}

EventReport Monitor::disable(std::string_view account, std::string_view alert, const Disable& event,
                             Instant now) {
  const AccountEvent one{account, AlertDisable{alert, event}};
  return std::move(apply({&one, 1}, now).front());
}

EventReport Monitor::rebase(std::string_view account, const Rebase& event, Instant now) {
  const AccountEvent one{account, event};
  return std::move(apply({&one, 1}, now).front());
}

std::vector<EventReport> Monitor::apply(std::span<const AccountEvent> events, Instant now,
                                        const Prepare& prepare) {
  return detail::ApplyCall(store_, options_, events, now, prepare).run();
}

TickReport Monitor::tick(Instant at, Instant end, bool inclusive) {
  TickReport report;
  try {
    detail::DueAccounts due(store_, end, inclusive, chunk_size(options_));
    for (std::vector<std::string> accounts;;) {
      make_room(report.errors, 1);
      if (auto error = due.next(accounts)) {
        report.errors.push_back(std::move(error->what));
        return report;
      }
      if (accounts.empty()) return report;
      std::vector<AccountEvent> events(accounts.size());
      std::ranges::transform(accounts, events.begin(), [&](const std::string& account) {
        return AccountEvent{account, AccountTick{at, end, inclusive}};
      });
      // One more for memory that runs out later.
      make_room(report.errors, events.size() + 1);
      for (EventReport& one : apply(events, at)) {
        if (!one.error.empty()) report.errors.push_back(std::move(one.error));
        report.accounts += one.status == EventStatus::committed ? 1 : 0;
        for (const AlertDecision& decision : one.decisions)
          report.outputs += decision.outputs.size();
      }
    }
  } catch (const std::bad_alloc&) {
    if (report.accounts == 0 && report.errors.empty()) throw;
    report.errors.emplace_back(no_memory);
  }
  return report;
}

DeliveryReport Monitor::deliver(Instant now) {
  DeliveryReport report;
  try {
    detail::PendingDeliveries pending(store_);
    for (std::vector<Delivery> deliveries;;) {
      make_room(report.errors, 1);
      if (auto error = pending.next(deliveries)) {
        report.errors.push_back(std::move(error->what));
        return report;
      }
      if (deliveries.empty()) return report;
      for (const Delivery& delivery : deliveries) {
        // Two for this delivery and one for memory that runs out later: between the handover and
        // its record nothing may fail.
        make_room(report.errors, 3);
        deliver_one(store_, courier_, delivery, now, report);
      }
    }
  } catch (const std::bad_alloc&) {
    if (report.sent + report.failed + report.postponed == 0 && report.errors.empty()) throw;
    report.errors.emplace_back(no_memory);
  }
  return report;
}

}  // namespace lowtide

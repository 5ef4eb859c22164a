// SPDX-License-Identifier: Apache-2.0
// Applies events to accounts through a Monitor: one by one, or many in one call. Called through the
// C headers only. Decides nothing: the Monitor of C++ does.
#include <span>

#include "account_event.hpp"
#include "convert.hpp"
#include "monitor.hpp"
#include "texts.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

static_assert(sizeof(lowtide_alert_decision) == 192 && sizeof(lowtide_event_report) == 56);

lowtide_status status_of(EventStatus status) noexcept {
  switch (status) {
    case EventStatus::committed:
    case EventStatus::unchanged: return LOWTIDE_OK;
    case EventStatus::refused: return LOWTIDE_REFUSED;
    case EventStatus::conflict: return LOWTIDE_CONFLICT;
    case EventStatus::unknown: return LOWTIDE_UNKNOWN_RESULT;
    case EventStatus::failed: return LOWTIDE_HOST_FAILURE;
  }
  return LOWTIDE_INTERNAL_ERROR;
}

lowtide_alert_decision to_c(const AlertDecision& from) noexcept {
  lowtide_alert_decision to{};
  to.struct_size = sizeof to;
  to.why = code(from.why);
  to.phase = code(from.phase);
  to.output_count = static_cast<std::uint32_t>(from.outputs.size());
  to.alert = capi::to_c(from.alert);
  for (std::size_t i = 0; i < from.outputs.size(); ++i) to.outputs[i] = capi::to_c(from.outputs[i]);
  return to;
}

// Applies events, and stores their reports and decisions in the Monitor: the reports of C point to
// them. Those of the last call stay valid until this call has succeeded. A call that fails must not
// change them.
void apply(lowtide_monitor& monitor, std::span<const AccountEvent> events, Instant now) {
  std::vector<lowtide_alert_decision> decisions;
  std::size_t count = 0;  // more than needed if an attempt is repeated
  std::vector<EventReport> reports = monitor.monitor.apply(
      events, now, [&](std::span<const EventReport> so_far, std::span<const std::size_t> decided) {
        for (const std::size_t i : decided) count += so_far[i].decisions.size();
        decisions.reserve(count);
      });
  // Reserved before the commit: allocating now could lose the report of something already stored.
  for (const EventReport& report : reports) {
    for (const AlertDecision& decision : report.decisions) decisions.push_back(to_c(decision));
  }
  monitor.reports = std::move(reports);
  monitor.decisions = std::move(decisions);
}

// Writes report `i` of the Monitor, whose decisions begin at `first` among all.
void write(lowtide_event_report& to, const lowtide_monitor& from, std::size_t i,
           std::size_t first) noexcept {
  const EventReport& report = from.reports[i];
  to.flags = report.status == EventStatus::committed ? LOWTIDE_EVENT_REPORT_STORED : 0;
  to.status = status_of(report.status);
  to.reserved = 0;
  to.error = capi::to_c(report.error);
  to.decisions = report.decisions.empty() ? nullptr : &from.decisions[first];
  to.decision_count = report.decisions.size();
  to.decision_stride = sizeof(lowtide_alert_decision);
}

// Applies one event. Preconditions: its fields fit its kind, and the arguments were checked.
lowtide_status apply_one(lowtide_event_report& to, lowtide_monitor& monitor,
                         const lowtide_account_event& event, std::int64_t now) {
  return serve(monitor, [&]() -> lowtide_status {
    if (const lowtide_status wrong = check_codes(event)) return wrong;
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    AccountEvent one;
    if (const lowtide_status wrong = capi::from_c(one, event)) return wrong;
    apply(monitor, {&one, 1}, *clock);
    write(to, monitor, 0, 0);
    return to.status;
  });
}

// The events that a caller passed in, and where their reports go.
struct Batch {
  lowtide_event_report* reports;
  std::size_t report_stride;
  const lowtide_account_event* events;
  std::size_t event_stride;
  std::size_t count;
};

lowtide_status check_batch(const Batch& batch, const lowtide_monitor* monitor) noexcept {
  // Checks all arguments for one error before it checks any for the next.
  if (batch.reports == nullptr || monitor == nullptr || batch.events == nullptr)
    return LOWTIDE_NULL_ARGUMENT;
  if (!is_aligned(batch.reports) || !is_aligned(monitor) || !is_aligned(batch.events))
    return LOWTIDE_MISALIGNED;
  if (!is_stride<lowtide_event_report>(batch.count, batch.report_stride) ||
      !is_stride<lowtide_account_event>(batch.count, batch.event_stride))
    return LOWTIDE_STRIDE;
  if (!are_understood(batch.reports, batch.count, batch.report_stride) ||
      !are_understood(batch.events, batch.count, batch.event_stride))
    return LOWTIDE_STRUCT_SIZE;
  const std::size_t reports_size = batch.count * batch.report_stride;
  if (overlap(batch.reports, reports_size, batch.events, batch.count * batch.event_stride) ||
      overlap(batch.reports, reports_size, monitor, sizeof *monitor))
    return LOWTIDE_OVERLAP;
  return LOWTIDE_OK;
}

// Every event is checked before memory is allocated for any, so that OUT_OF_MEMORY comes last.
lowtide_status check_events(const Batch& batch) noexcept {
  AccountEvent unused;
  for (std::size_t i = 0; i < batch.count; ++i) {
    const lowtide_account_event& event = at(batch.events, i, batch.event_stride);
    if (const lowtide_status wrong =
            check_event(event, batch.reports, batch.count * batch.report_stride))
      return wrong;
    if (const lowtide_status wrong = check_codes(event)) return wrong;
    if (const lowtide_status wrong = capi::from_c(unused, event)) return wrong;
  }
  return LOWTIDE_OK;
}

// Precondition: check_events.
std::vector<AccountEvent> events_from_c(const Batch& batch) {
  std::vector<AccountEvent> events(batch.count);
  for (std::size_t i = 0; i < batch.count; ++i)
    static_cast<void>(capi::from_c(events[i], at(batch.events, i, batch.event_stride)));
  return events;
}

lowtide_status write_reports(const Batch& batch, const lowtide_monitor& monitor) noexcept {
  bool complete = true;
  std::size_t first = 0;
  for (std::size_t i = 0; i < batch.count; ++i) {
    lowtide_event_report& report = at(batch.reports, i, batch.report_stride);
    write(report, monitor, i, first);
    first += report.decision_count;
    complete = complete && report.status == LOWTIDE_OK;
  }
  return complete ? LOWTIDE_OK : LOWTIDE_INCOMPLETE;
}

}  // namespace

lowtide_status lowtide_monitor_observe(lowtide_event_report* report, lowtide_monitor* monitor,
                                       const char* account, size_t account_size,
                                       const lowtide_observation* observation, int64_t now) {
  if (const lowtide_status wrong = check_arguments(
          out_struct(report), in(monitor), in_bytes(account, account_size), in_struct(observation)))
    return wrong;
  lowtide_account_event event = event_of(LOWTIDE_EVENT_OBSERVATION, account, account_size);
  event.observation = observation;
  return apply_one(*report, *monitor, event, now);
}

lowtide_status lowtide_monitor_enable(lowtide_event_report* report, lowtide_monitor* monitor,
                                      const char* account, size_t account_size, const char* alert,
                                      size_t alert_size, const lowtide_enable* enable,
                                      int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size),
                          in_bytes(alert, alert_size), in_struct(enable)))
    return wrong;
  lowtide_account_event event =
      event_of(LOWTIDE_EVENT_ENABLE, account, account_size, alert, alert_size);
  event.enable = enable;
  return apply_one(*report, *monitor, event, now);
}

lowtide_status lowtide_monitor_set_threshold(lowtide_event_report* report, lowtide_monitor* monitor,
                                             const char* account, size_t account_size,
                                             const char* alert, size_t alert_size,
                                             const lowtide_set_threshold* set_threshold,
                                             int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size),
                          in_bytes(alert, alert_size), in_struct(set_threshold)))
    return wrong;
  lowtide_account_event event =
      event_of(LOWTIDE_EVENT_SET_THRESHOLD, account, account_size, alert, alert_size);
  event.set_threshold = set_threshold;
  return apply_one(*report, *monitor, event, now);
}

lowtide_status lowtide_monitor_disable(lowtide_event_report* report, lowtide_monitor* monitor,
                                       const char* account, size_t account_size, const char* alert,
                                       size_t alert_size, int64_t at, int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size),
                          in_bytes(alert, alert_size)))
    return wrong;
  lowtide_account_event event =
      event_of(LOWTIDE_EVENT_DISABLE, account, account_size, alert, alert_size);
  event.at = at;
  return apply_one(*report, *monitor, event, now);
}

lowtide_status lowtide_monitor_rebase(lowtide_event_report* report, lowtide_monitor* monitor,
                                      const char* account, size_t account_size, int64_t sequence,
                                      int64_t at, int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size)))
    return wrong;
  lowtide_account_event event = event_of(LOWTIDE_EVENT_REBASE, account, account_size);
  event.at = at;
  event.sequence = sequence;
  return apply_one(*report, *monitor, event, now);
}

lowtide_status lowtide_monitor_apply(lowtide_event_report* reports, size_t report_stride,
                                     lowtide_monitor* monitor, const lowtide_account_event* events,
                                     size_t event_stride, size_t count, int64_t now) {
  const Batch batch{reports, report_stride, events, event_stride, count};
  if (const lowtide_status wrong = check_batch(batch, monitor)) return wrong;
  return serve(*monitor, [&]() -> lowtide_status {
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    if (const lowtide_status wrong = check_events(batch)) return wrong;
    apply(*monitor, events_from_c(batch), *clock);
    return write_reports(batch, *monitor);
  });
}

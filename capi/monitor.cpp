// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include <lowtide/monitor.hpp>

#include "callbacks.hpp"
#include "convert.hpp"
#include "events.hpp"
#include "texts.hpp"

using namespace lowtide;
using namespace lowtide::capi;

// A Monitor, its host, and what its last call answered.
struct lowtide_monitor {
  lowtide_monitor(const lowtide_host& host, MonitorOptions options)
      : callbacks(host), monitor(callbacks, callbacks, std::move(options)) {}

  Callbacks callbacks;
  Monitor monitor;
  std::atomic_flag serving;

  std::vector<EventReport> reports;
  std::vector<lowtide_alert_decision> decisions;
  std::vector<std::string> errors;
  std::vector<lowtide_text> texts;
};

namespace {

static_assert(sizeof(lowtide_alert_decision) == 192 && sizeof(lowtide_event_report) == 56 &&
              sizeof(lowtide_account_event) == 32);
static_assert(sizeof(lowtide_tick_report) == 40 && sizeof(lowtide_delivery_report) == 48 &&
              sizeof(lowtide_monitor_options) == 40);

// A Monitor serves a call as long as this lives.
class Serving {
 public:
  explicit Serving(lowtide_monitor& monitor) noexcept : monitor_(monitor) {}
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  Serving(Serving&&) = delete;
  Serving& operator=(Serving&&) = delete;
  ~Serving() { monitor_.serving.clear(std::memory_order_release); }

 private:
  lowtide_monitor& monitor_;
};

// Runs a call on a Monitor, unless it serves one: then that of another thread, or the one whose
// callback this is. Not noexcept, nor is what calls it: a thread that ends in a callback is unwound
// through here.
template <class Call>
lowtide_status serve(lowtide_monitor& monitor, Call call) {
  if (monitor.serving.test_and_set(std::memory_order_acquire)) return LOWTIDE_BUSY;
  const Serving serving(monitor);
  const auto unless_memory_runs_out = [&]() -> lowtide_status {
    try {
      return call();
    } catch (const std::bad_alloc&) {
      return LOWTIDE_OUT_OF_MEMORY;
    }
  };
  return contain(unless_memory_runs_out, []() -> lowtide_status { return LOWTIDE_INTERNAL_ERROR; });
}

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

// Makes the changes, and keeps their reports and all their decisions, so that what is handed out
// can point to them. What was handed out before stays as it is until this is done, for a call that
// fails is to leave it alone.
void change(lowtide_monitor& monitor, std::span<const AccountEvent> changes, Instant now) {
  std::vector<lowtide_alert_decision> decisions;
  std::vector<EventReport> reports =
      monitor.monitor.apply(changes, now, [&](std::span<const EventReport> told) {
        std::size_t count = 0;
        for (const EventReport& report : told) count += report.decisions.size();
        decisions.reserve(count);
      });
  // There is room for them: after a commit that could not be grown for lack of memory.
  for (const EventReport& report : reports) {
    for (const AlertDecision& decision : report.decisions) decisions.push_back(to_c(decision));
  }
  monitor.reports = std::move(reports);
  monitor.decisions = std::move(decisions);
}

// Writes the report at `place`, whose decisions begin at `first` among all.
void write(lowtide_event_report& to, const lowtide_monitor& from, std::size_t place,
           std::size_t first) noexcept {
  const EventReport& report = from.reports[place];
  to.flags = report.status == EventStatus::committed ? LOWTIDE_EVENT_REPORT_STORED : 0;
  to.status = status_of(report.status);
  to.reserved = 0;
  to.error = capi::to_c(report.error);
  to.decisions = report.decisions.empty() ? nullptr : &from.decisions[first];
  to.decision_count = report.decisions.size();
  to.decision_stride = sizeof(lowtide_alert_decision);
}

lowtide_status change_one(lowtide_event_report& to, lowtide_monitor& monitor,
                          const AccountEvent& one, Instant now) {
  change(monitor, {&one, 1}, now);
  write(to, monitor, 0, 0);
  return to.status;
}

// Keeps the errors of a walk, and writes them into its report. What was done by then is to be told
// even without memory for them.
template <class EventReport>
lowtide_status tell_errors(EventReport& to, lowtide_monitor& monitor,
                           std::vector<std::string> errors) noexcept {
  static constexpr std::string_view without_memory =
      "there were errors, and memory ran out for what they say";
  static constexpr lowtide_text instead{without_memory.data(), without_memory.size()};
  try {
    std::vector<lowtide_text> texts;
    texts.reserve(errors.size());
    for (const std::string& error : errors) texts.push_back(capi::to_c(error));
    monitor.errors = std::move(errors);
    monitor.texts = std::move(texts);
    to.errors = monitor.texts.empty() ? nullptr : monitor.texts.data();
    to.error_count = monitor.texts.size();
  } catch (const std::bad_alloc&) {
    to.errors = &instead;
    to.error_count = 1;
  }
  return to.error_count == 0 ? LOWTIDE_OK : LOWTIDE_INCOMPLETE;
}

// Precondition: check_codes, check_ranges.
BalanceObservation from_c(const lowtide_observation& from) noexcept {
  BalanceObservation to{Amount(), *Instant::from_seconds(from.at), std::nullopt};
  if ((from.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) != 0)
    to.sequence = *Sequence::from(from.sequence);
  if ((from.flags & LOWTIDE_OBSERVATION_HAS_BALANCE) != 0) {
    to.credit = balance_from_c(from);
  } else {
    to.credit = capi::from_c(from.available_credit);
  }
  return to;
}

// The instants of a call that has no struct.
lowtide_status read_instants(Instant& at, std::int64_t at_seconds, Instant& now,
                             std::int64_t now_seconds) noexcept {
  const Result<Instant> first = Instant::from_seconds(at_seconds);
  const Result<Instant> second = Instant::from_seconds(now_seconds);
  if (!first || !second) return LOWTIDE_TIME_RANGE;
  at = *first;
  now = *second;
  return LOWTIDE_OK;
}

constexpr std::uint32_t option_flags = LOWTIDE_OPTIONS_JOINED | LOWTIDE_OPTIONS_DELIVER_STOPS |
                                       LOWTIDE_OPTIONS_HAS_SKEW | LOWTIDE_OPTIONS_HAS_ATTEMPTS |
                                       LOWTIDE_OPTIONS_HAS_CHANNELS;

lowtide_status check_channels(const lowtide_monitor_options& options) noexcept {
  if (options.channel_count != 0 && options.channels == nullptr) return LOWTIDE_NULL_ARGUMENT;
  if (address(options.channels) % alignof(lowtide_text) != 0) return LOWTIDE_MISALIGNED;
  if (options.channel_count > largest_size / sizeof(lowtide_text)) return LOWTIDE_STRIDE;
  for (std::size_t i = 0; i < options.channel_count; ++i) {
    if (const lowtide_status wrong = check_text(options.channels[i].data, options.channels[i].size))
      return wrong;
  }
  const std::span channels(options.channels, options.channel_count);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string_view channel = view(channels[i]);
    const auto controls = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (channel.empty() || std::ranges::any_of(channel, controls)) return LOWTIDE_OUT_OF_RANGE;
    // Two deliveries of one notice on one channel would be one for the store.
    if (std::ranges::find(channels.first(i), channel, view) !=
        channels.begin() + static_cast<std::ptrdiff_t>(i))
      return LOWTIDE_OUT_OF_RANGE;
  }
  return LOWTIDE_OK;
}

bool has(const lowtide_monitor_options& options, std::uint32_t flag) noexcept {
  return (options.flags & flag) != 0;
}

lowtide_status check_options(const lowtide_monitor_options& options) noexcept {
  if ((options.flags & ~option_flags) != 0) return LOWTIDE_FLAGS;
  const bool skew = !has(options, LOWTIDE_OPTIONS_HAS_SKEW) ||
                    (options.skew >= 0 && options.skew <= Instant::max_seconds);
  const bool attempts = !has(options, LOWTIDE_OPTIONS_HAS_ATTEMPTS) || options.attempts != 0;
  if (!skew || !attempts || options.reserved != 0) return LOWTIDE_OUT_OF_RANGE;
  return has(options, LOWTIDE_OPTIONS_HAS_CHANNELS) ? check_channels(options) : LOWTIDE_OK;
}

// Precondition: check_options.
MonitorOptions from_c(const lowtide_monitor_options& from) {
  MonitorOptions to;
  to.mode = has(from, LOWTIDE_OPTIONS_JOINED) ? TransactionMode::joined : TransactionMode::own;
  to.deliver_stops = has(from, LOWTIDE_OPTIONS_DELIVER_STOPS);
  if (has(from, LOWTIDE_OPTIONS_HAS_SKEW)) to.skew = std::chrono::seconds(from.skew);
  if (has(from, LOWTIDE_OPTIONS_HAS_ATTEMPTS)) to.attempts = from.attempts;
  if (has(from, LOWTIDE_OPTIONS_HAS_CHANNELS)) {
    to.channels.clear();
    for (std::size_t i = 0; i < from.channel_count; ++i)
      to.channels.emplace_back(view(from.channels[i]));
  }
  return to;
}

}  // namespace

lowtide_status lowtide_monitor_create(lowtide_monitor** monitor, const lowtide_host* host,
                                      const lowtide_monitor_options* options) {
  if (const lowtide_status wrong =
          check_arguments(out(monitor), in_struct(host), in_struct(options)))
    return wrong;
  if (host->load == nullptr || host->commit == nullptr || host->due == nullptr ||
      host->pending == nullptr || host->record_delivery == nullptr || host->deliver == nullptr) {
    return LOWTIDE_NULL_ARGUMENT;
  }
  if (host->flags != 0) return LOWTIDE_FLAGS;
  if (const lowtide_status wrong = check_options(*options)) return wrong;
  try {
    *monitor = std::make_unique<lowtide_monitor>(*host, from_c(*options)).release();
    return LOWTIDE_OK;
  } catch (const std::bad_alloc&) {
    return LOWTIDE_OUT_OF_MEMORY;
  } catch (...) {
    return LOWTIDE_INTERNAL_ERROR;
  }
}

lowtide_status lowtide_monitor_destroy(lowtide_monitor* monitor) {
  if (const lowtide_status wrong = check_arguments(in(monitor))) return wrong;
  if (monitor->serving.test_and_set(std::memory_order_acquire)) return LOWTIDE_BUSY;
  const std::unique_ptr<lowtide_monitor> last(monitor);
  return LOWTIDE_OK;
}

lowtide_status lowtide_monitor_observe(lowtide_event_report* report, lowtide_monitor* monitor,
                                       const char* account, size_t account_size,
                                       const lowtide_observation* change, int64_t now) {
  if (const lowtide_status wrong = check_arguments(
          out_struct(report), in(monitor), in_bytes(account, account_size), in_struct(change))) {
    return wrong;
  }
  return serve(*monitor, [&]() -> lowtide_status {
    if (const lowtide_status wrong = check_codes(*change)) return wrong;
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    if (const lowtide_status wrong = check_ranges(*change)) return wrong;
    return change_one(*report, *monitor, {{account, account_size}, from_c(*change)}, *clock);
  });
}

lowtide_status lowtide_monitor_enable(lowtide_event_report* report, lowtide_monitor* monitor,
                                      const char* account, size_t account_size, const char* alert,
                                      size_t alert_size, const lowtide_enable* enable,
                                      int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size),
                          in_bytes(alert, alert_size), in_struct(enable))) {
    return wrong;
  }
  return serve(*monitor, [&]() -> lowtide_status {
    if (const lowtide_status wrong = check_codes(*enable)) return wrong;
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    Enable event;
    const char* field = "";
    if (const lowtide_status wrong = capi::from_c(event, field, *enable)) return wrong;
    return change_one(*report, *monitor,
                      {{account, account_size}, AlertEnable{{alert, alert_size}, event}}, *clock);
  });
}

lowtide_status lowtide_monitor_set_threshold(lowtide_event_report* report, lowtide_monitor* monitor,
                                             const char* account, size_t account_size,
                                             const char* alert, size_t alert_size,
                                             const lowtide_set_threshold* set_threshold,
                                             int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size),
                          in_bytes(alert, alert_size), in_struct(set_threshold))) {
    return wrong;
  }
  return serve(*monitor, [&]() -> lowtide_status {
    if (const lowtide_status wrong = check_codes(*set_threshold)) return wrong;
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    SetThreshold event;
    if (const lowtide_status wrong = capi::from_c(event, *set_threshold)) return wrong;
    return change_one(*report, *monitor,
                      {{account, account_size}, AlertSetThreshold{{alert, alert_size}, event}},
                      *clock);
  });
}

lowtide_status lowtide_monitor_disable(lowtide_event_report* report, lowtide_monitor* monitor,
                                       const char* account, size_t account_size, const char* alert,
                                       size_t alert_size, int64_t at, int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size),
                          in_bytes(alert, alert_size))) {
    return wrong;
  }
  return serve(*monitor, [&]() -> lowtide_status {
    Instant clock;
    Disable event;
    if (const lowtide_status wrong = read_instants(event.at, at, clock, now)) return wrong;
    return change_one(*report, *monitor,
                      {{account, account_size}, AlertDisable{{alert, alert_size}, event}}, clock);
  });
}

lowtide_status lowtide_monitor_rebase(lowtide_event_report* report, lowtide_monitor* monitor,
                                      const char* account, size_t account_size, int64_t sequence,
                                      int64_t at, int64_t now) {
  if (const lowtide_status wrong =
          check_arguments(out_struct(report), in(monitor), in_bytes(account, account_size)))
    return wrong;
  return serve(*monitor, [&]() -> lowtide_status {
    Instant clock;
    Rebase event;
    if (const lowtide_status wrong = read_instants(event.at, at, clock, now)) return wrong;
    if (const lowtide_status wrong = rebase_from_c(event.sequence, sequence)) return wrong;
    return change_one(*report, *monitor, {{account, account_size}, event}, clock);
  });
}

lowtide_status lowtide_monitor_apply(lowtide_event_report* reports, size_t report_stride,
                                     lowtide_monitor* monitor, const lowtide_account_event* changes,
                                     size_t change_stride, size_t count, int64_t now) {
  // Each fault is looked for in all arguments before the next fault is.
  if (reports == nullptr || monitor == nullptr || changes == nullptr) return LOWTIDE_NULL_ARGUMENT;
  if (!is_aligned(reports) || !is_aligned(monitor) || !is_aligned(changes))
    return LOWTIDE_MISALIGNED;
  if (!is_stride<lowtide_event_report>(count, report_stride) ||
      !is_stride<lowtide_account_event>(count, change_stride))
    return LOWTIDE_STRIDE;
  if (!are_understood(reports, count, report_stride) ||
      !are_understood(changes, count, change_stride))
    return LOWTIDE_STRUCT_SIZE;
  if (overlap(reports, count * report_stride, changes, count * change_stride))
    return LOWTIDE_OVERLAP;
  if (overlap(reports, count * report_stride, monitor, sizeof *monitor)) return LOWTIDE_OVERLAP;
  return serve(*monitor, [&]() -> lowtide_status {
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    for (std::size_t i = 0; i < count; ++i) {
      const lowtide_account_event& one = at(changes, i, change_stride);
      if (one.observation == nullptr) return LOWTIDE_NULL_ARGUMENT;
      if (const lowtide_status wrong = check_text(one.account.data, one.account.size)) return wrong;
      if (const lowtide_status wrong = check_arguments(in_struct(one.observation))) return wrong;
      if (overlap(reports, count * report_stride, one.observation, one.observation->struct_size))
        return LOWTIDE_OVERLAP;
      if (one.flags != 0) return LOWTIDE_FLAGS;
      if (const lowtide_status wrong = check_codes(*one.observation)) return wrong;
      if (const lowtide_status wrong = check_ranges(*one.observation)) return wrong;
    }
    std::vector<AccountEvent> all(count);
    for (std::size_t i = 0; i < count; ++i) {
      const lowtide_account_event& one = at(changes, i, change_stride);
      all[i] = {view(one.account), from_c(*one.observation)};
    }
    change(*monitor, all, *clock);
    bool complete = true;
    std::size_t first = 0;
    for (std::size_t i = 0; i < count; ++i) {
      lowtide_event_report& report = at(reports, i, report_stride);
      write(report, *monitor, i, first);
      first += report.decision_count;
      complete = complete && report.status == LOWTIDE_OK;
    }
    return complete ? LOWTIDE_OK : LOWTIDE_INCOMPLETE;
  });
}

lowtide_status lowtide_monitor_tick(lowtide_tick_report* report, lowtide_monitor* monitor,
                                    int64_t now) {
  return lowtide_monitor_tick_until(report, monitor, now, now, 1);
}

lowtide_status lowtide_monitor_tick_until(lowtide_tick_report* report, lowtide_monitor* monitor,
                                          int64_t at, int64_t end, uint32_t inclusive) {
  if (const lowtide_status wrong = check_arguments(out_struct(report), in(monitor))) return wrong;
  return serve(*monitor, [&]() -> lowtide_status {
    if (inclusive > 1) return LOWTIDE_CODE;
    Instant from;
    Instant to;
    if (const lowtide_status wrong = read_instants(from, at, to, end)) return wrong;
    TickReport told = monitor->monitor.tick(from, to, inclusive == 1);
    report->flags = 0;
    report->accounts = told.accounts;
    report->outputs = told.outputs;
    return tell_errors(*report, *monitor, std::move(told.errors));
  });
}

lowtide_status lowtide_monitor_deliver(lowtide_delivery_report* report, lowtide_monitor* monitor,
                                       int64_t now) {
  if (const lowtide_status wrong = check_arguments(out_struct(report), in(monitor))) return wrong;
  return serve(*monitor, [&]() -> lowtide_status {
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    DeliveryReport told = monitor->monitor.deliver(*clock);
    report->flags = 0;
    report->sent = told.sent;
    report->failed = told.failed;
    report->postponed = told.postponed;
    return tell_errors(*report, *monitor, std::move(told.errors));
  });
}

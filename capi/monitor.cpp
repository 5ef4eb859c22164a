// SPDX-License-Identifier: Apache-2.0
// Makes and destroys Monitors, and runs their ticks and deliveries. Called through the C headers
// only. Decides nothing: the Monitor of C++ does.
#include "monitor.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

#include "convert.hpp"
#include "texts.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

static_assert(sizeof(lowtide_tick_report) == 40 && sizeof(lowtide_delivery_report) == 48 &&
              sizeof(lowtide_monitor_options) == 40);

// Stores the errors of a tick or of deliveries in the Monitor, and writes them into the report. If
// memory runs out for them, one error says so: what was stored or sent must be reported all the
// same.
template <class Report>
lowtide_status write_errors(Report& to, lowtide_monitor& monitor,
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

constexpr std::uint32_t option_flags = LOWTIDE_OPTIONS_JOINED | LOWTIDE_OPTIONS_DELIVER_STOPS |
                                       LOWTIDE_OPTIONS_HAS_SKEW | LOWTIDE_OPTIONS_HAS_ATTEMPTS |
                                       LOWTIDE_OPTIONS_HAS_CHANNELS |
                                       LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT;

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
  const bool accounts =
      !has(options, LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT) || options.accounts_per_commit != 0;
  if (!skew || !attempts || !accounts) return LOWTIDE_OUT_OF_RANGE;
  return has(options, LOWTIDE_OPTIONS_HAS_CHANNELS) ? check_channels(options) : LOWTIDE_OK;
}

// Precondition: check_options.
MonitorOptions from_c(const lowtide_monitor_options& from) {
  MonitorOptions to;
  to.mode = has(from, LOWTIDE_OPTIONS_JOINED) ? TransactionMode::joined : TransactionMode::own;
  to.deliver_stops = has(from, LOWTIDE_OPTIONS_DELIVER_STOPS);
  if (has(from, LOWTIDE_OPTIONS_HAS_SKEW)) to.skew = std::chrono::seconds(from.skew);
  if (has(from, LOWTIDE_OPTIONS_HAS_ATTEMPTS)) to.attempts = from.attempts;
  if (has(from, LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT))
    to.accounts_per_commit = from.accounts_per_commit;
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

lowtide_status lowtide_monitor_tick(lowtide_tick_report* report, lowtide_monitor* monitor,
                                    int64_t now) {
  return lowtide_monitor_tick_until(report, monitor, now, now, 1);
}

lowtide_status lowtide_monitor_tick_until(lowtide_tick_report* report, lowtide_monitor* monitor,
                                          int64_t at, int64_t end, uint32_t inclusive) {
  if (const lowtide_status wrong = check_arguments(out_struct(report), in(monitor))) return wrong;
  return serve(*monitor, [&]() -> lowtide_status {
    if (inclusive > 1) return LOWTIDE_CODE;
    const Result<Instant> decided_at = Instant::from_seconds(at);
    const Result<Instant> due_before = Instant::from_seconds(end);
    if (!decided_at || !due_before) return LOWTIDE_TIME_RANGE;
    TickReport ticked = monitor->monitor.tick(*decided_at, *due_before, inclusive == 1);
    report->flags = 0;
    report->accounts = ticked.accounts;
    report->outputs = ticked.outputs;
    return write_errors(*report, *monitor, std::move(ticked.errors));
  });
}

lowtide_status lowtide_monitor_deliver(lowtide_delivery_report* report, lowtide_monitor* monitor,
                                       int64_t now) {
  if (const lowtide_status wrong = check_arguments(out_struct(report), in(monitor))) return wrong;
  return serve(*monitor, [&]() -> lowtide_status {
    const Result<Instant> clock = Instant::from_seconds(now);
    if (!clock) return LOWTIDE_TIME_RANGE;
    DeliveryReport delivered = monitor->monitor.deliver(*clock);
    report->flags = 0;
    report->sent = delivered.sent;
    report->failed = delivered.failed;
    report->postponed = delivered.postponed;
    return write_errors(*report, *monitor, std::move(delivered.errors));
  });
}

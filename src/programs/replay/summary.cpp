// SPDX-License-Identifier: Apache-2.0
// Summary: counts the outputs of a run and words the result for people. The journal and main.cpp of
// lowtide-replay call it.
#include "programs/replay/summary.hpp"

#include <numeric>
#include <string_view>

namespace lowtide::replay {
namespace {

std::string number(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

}  // namespace

void Summary::count(const Output& output) noexcept {
  switch (output.kind) {
    case OutputKind::fire: ++fires; break;
    case OutputKind::remind: ++reminders; break;
    case OutputKind::stop: ++stops.at(static_cast<std::size_t>(*output.reason)); break;
  }
}

std::string to_text(const Summary& summary) {
  std::string text =
      number(summary.events, "event", "events") + " of " +
      number(summary.accounts, "account", "accounts") +
      // Shown because it usually means that a name is misspelt somewhere.
      (summary.accounts_without_alert == 0
           ? ""
           : " (" + std::to_string(summary.accounts_without_alert) + " without an alert)") +
      " with " + number(summary.alerts, "alert", "alerts") + ": " + std::to_string(summary.stale) +
      " stale, " + std::to_string(summary.out_of_order) + " out of order, " +
      number(summary.bad_lines, "bad line", "bad lines") + "\n";
  const std::uint64_t stops =
      std::accumulate(summary.stops.begin(), summary.stops.end(), std::uint64_t{0});
  text += number(summary.fires, "fire", "fires") + ", " +
          number(summary.reminders, "reminder", "reminders") + ", " +
          number(stops, "stop", "stops");
  std::string_view separator = ": ";
  for (const StopReason reason : {StopReason::recovered, StopReason::overdue, StopReason::completed,
                                  StopReason::threshold_changed, StopReason::disabled}) {
    const std::uint64_t count = summary.stops.at(static_cast<std::size_t>(reason));
    if (count == 0) continue;
    text.append(separator).append(std::to_string(count)).append(" ").append(name(reason));
    separator = ", ";
  }
  return text + "\n";
}

}  // namespace lowtide::replay

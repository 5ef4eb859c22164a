// SPDX-License-Identifier: Apache-2.0
// Reads columns as types of the engine, and checks them. The tables and the views call it.
#include "programs/host/sqlite/columns.hpp"

#include "programs/events/excerpt.hpp"

namespace lowtide::host {
namespace {

void append_damage(std::string& damage, const char* column, std::string_view rule,
                   std::string_view text) {
  if (!damage.empty()) damage += "; ";
  damage.append("stored ")
      .append(column)
      .append(": ")
      .append(rule)
      .append(": \"")
      .append(events::excerpt(text))
      .append("\"");
}

}  // namespace

std::optional<Amount> read_amount(const Statement::Rows& rows, int column, const char* name,
                                  std::string& damage) {
  if (rows.is_null(column)) return std::nullopt;
  const Result<Amount> amount = Amount::parse(rows.text(column));
  if (amount) return *amount;
  append_damage(damage, name, amount.error().rule, rows.text(column));
  return std::nullopt;
}

std::optional<Instant> read_instant(const Statement::Rows& rows, int column, const char* name,
                                    std::string& damage) {
  if (rows.is_null(column)) return std::nullopt;
  const Result<Instant> instant = Instant::from_seconds(rows.integer(column));
  if (instant) return *instant;
  append_damage(damage, name, instant.error().rule, std::to_string(rows.integer(column)));
  return std::nullopt;
}

std::optional<Sequence> read_sequence(const Statement::Rows& rows, int column, const char* name,
                                      std::string& damage) {
  if (rows.is_null(column)) return std::nullopt;
  const Result<Sequence> sequence = Sequence::from(rows.integer(column));
  if (sequence) return *sequence;
  append_damage(damage, name, sequence.error().rule, std::to_string(rows.integer(column)));
  return std::nullopt;
}

Phase read_phase(std::string_view text, std::string& damage) {
  for (const Phase phase : {Phase::off, Phase::armed, Phase::alerting, Phase::quiet}) {
    if (name(phase) == text) return phase;
  }
  append_damage(damage, "phase", "is not a phase", text);
  return Phase::off;
}

Output read_output(const Statement::Rows& rows, int column, std::string& damage) {
  Output output;
  const std::string_view kind = rows.text(column);
  bool known = false;
  for (const OutputKind one : {OutputKind::fire, OutputKind::remind, OutputKind::stop}) {
    if (name(one) != kind) continue;
    output.kind = one;
    known = true;
  }
  if (!known) append_damage(damage, "kind", "is not a kind of output", kind);
  output.episode = static_cast<std::uint32_t>(rows.integer(column + 1));
  output.fired_at = read_instant(rows, column + 2, "fired_at", damage).value_or(Instant());
  output.at = read_instant(rows, column + 3, "at", damage).value_or(Instant());
  output.reminder = static_cast<std::uint8_t>(rows.integer(column + 4));
  output.skipped = static_cast<std::uint8_t>(rows.integer(column + 5));
  if (!rows.is_null(column + 6)) {
    for (const StopReason reason :
         {StopReason::recovered, StopReason::overdue, StopReason::completed,
          StopReason::threshold_changed, StopReason::disabled}) {
      if (name(reason) == rows.text(column + 6)) output.reason = reason;
    }
    if (!output.reason)
      append_damage(damage, "reason", "is not a stop reason", rows.text(column + 6));
  }
  output.reminders_sent = static_cast<std::uint8_t>(rows.integer(column + 7));
  output.available_credit =
      read_amount(rows, column + 8, "available_credit", damage).value_or(Amount());
  output.threshold = read_amount(rows, column + 9, "threshold", damage).value_or(Amount());
  return output;
}

}  // namespace lowtide::host

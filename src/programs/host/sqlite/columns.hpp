// SPDX-License-Identifier: Apache-2.0
// Columns of the engine's types, checked as they are read: a file may have been edited by hand, or
// damaged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lowtide/decide.hpp>

#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

// Each appends to `damage` what is wrong with the column, if anything. NULL is no value.
std::optional<Amount> read_amount(const Statement::Rows& rows, int column, const char* name,
                                  std::string& damage);
std::optional<Instant> read_instant(const Statement::Rows& rows, int column, const char* name,
                                    std::string& damage);
std::optional<Sequence> read_sequence(const Statement::Rows& rows, int column, const char* name,
                                      std::string& damage);
Phase read_phase(std::string_view text, std::string& damage);

// An output from the columns kind, episode, fired_at, at, reminder, skipped, reason,
// reminders_sent, available_credit, threshold, of which `column` is the first.
Output read_output(const Statement::Rows& rows, int column, std::string& damage);

}  // namespace lowtide::host

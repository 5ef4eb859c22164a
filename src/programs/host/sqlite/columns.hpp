// SPDX-License-Identifier: Apache-2.0
// Reads columns as types of the engine, and checks them: the file may have been edited by hand, or
// damaged. The tables and the views call it. It never throws for a wrong value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lowtide/decide.hpp>

#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

// Each appends a message to `damage` if the column is wrong. NULL is read as no value.
std::optional<Amount> read_amount(const Statement::Rows& rows, int column, const char* name,
                                  std::string& damage);
std::optional<Instant> read_instant(const Statement::Rows& rows, int column, const char* name,
                                    std::string& damage);
std::optional<Sequence> read_sequence(const Statement::Rows& rows, int column, const char* name,
                                      std::string& damage);
Phase read_phase(std::string_view text, std::string& damage);

// Reads an output from the ten columns kind, episode, fired_at, at, reminder, skipped, reason,
// reminders_sent, available_credit and threshold. `column` is the first of them.
Output read_output(const Statement::Rows& rows, int column, std::string& damage);

}  // namespace lowtide::host

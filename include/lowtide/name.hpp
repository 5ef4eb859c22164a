// SPDX-License-Identifier: Apache-2.0
// The names of accounts and alerts: what is allowed, and the name that an alert has by default.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <lowtide/result.hpp>

namespace lowtide {

inline constexpr std::string_view default_alert_name = "low_balance";
inline constexpr std::size_t max_name_size = 255;

// What is wrong with a name, if anything: it must be UTF-8 of 1 to 255 bytes without control
// characters (U+0000 to U+001F, U+007F). Names are compared as bytes. `field` (static text) is
// handed through to the error. Error: out_of_range for the length, malformed else.
[[nodiscard]] std::optional<Error> check_name(std::string_view name, const char* field) noexcept;

}  // namespace lowtide

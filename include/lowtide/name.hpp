// SPDX-License-Identifier: Apache-2.0
// The names of accounts and alerts: which are allowed, and the default name of an alert.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <lowtide/result.hpp>

namespace lowtide {

inline constexpr std::string_view default_alert_name = "low_balance";
inline constexpr std::size_t max_name_size = 255;

// Checks a name: UTF-8 of 1 to 255 bytes, without control characters (U+0000 to U+001F, U+007F).
// Returns an error if it is not allowed: out_of_range for the length, malformed for the rest, with
// `field` (static text) as the error's field. Names are compared as bytes.
[[nodiscard]] std::optional<Error> check_name(std::string_view name, const char* field) noexcept;

}  // namespace lowtide

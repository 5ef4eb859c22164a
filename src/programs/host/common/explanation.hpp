// SPDX-License-Identifier: Apache-2.0
// Explains in words why an alert is silent, or what it sends next, for `lowtide-host show`. It only
// words what the alert says, and decides nothing.
#pragma once

#include <string>

#include <lowtide/store.hpp>

namespace lowtide::host {

// One sentence, such as "Silent: the alert is turned off."
std::string explain(const Alert& alert, const AccountProfile& profile);

// The settings, such as "threshold 1000, up to 5 reminders, daily at 09:00 (UTC+08:00)".
std::string settings_in_words(const Alert& alert, const AccountProfile& profile);

}  // namespace lowtide::host

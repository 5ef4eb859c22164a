// SPDX-License-Identifier: Apache-2.0
// Why an alert is silent now, or what it is going to say next.
#pragma once

#include <string>

#include <lowtide/store.hpp>

namespace lowtide::host {

// One plain sentence.
std::string explain(const Alert& alert, const AccountProfile& profile);

// "threshold 1000, up to 5 reminders, daily at 09:00 (UTC+08:00)".
std::string settings_in_words(const Alert& alert, const AccountProfile& profile);

}  // namespace lowtide::host

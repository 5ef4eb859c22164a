// SPDX-License-Identifier: Apache-2.0
// Message: what a notice says to its reader, whichever way it goes.
#pragma once

#include <string>

#include <lowtide/store.hpp>

namespace lowtide::host {

// An exact amount with at least the currency's decimal places, and the currency if it is known:
// "900.50 USD".
std::string money(Amount amount, const AccountProfile& profile);

// "2026-03-10 15:50:00 UTC".
std::string in_words(Instant instant);

struct Message {
  std::string subject;  // one line
  std::string body;     // lines ended by LF
};

Message message(const Delivery& delivery);

}  // namespace lowtide::host

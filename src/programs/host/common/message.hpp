// SPDX-License-Identifier: Apache-2.0
// Message: the text of a notice for its recipient. Every channel sends the same text.
#pragma once

#include <string>

#include <lowtide/store.hpp>

namespace lowtide::host {

// An exact amount, with at least the decimal places of the currency, and the currency if it is
// known, such as "900.50 USD".
std::string money(Amount amount, const AccountProfile& profile);

// An instant, such as "2026-03-10 15:50:00 UTC".
std::string in_words(Instant instant);

struct Message {
  std::string subject;  // one line
  std::string body;     // lines, each with its LF
};

Message message(const Delivery& delivery);

}  // namespace lowtide::host

// SPDX-License-Identifier: Apache-2.0
// Mail: composes a mail in the format of RFC 5322. HostCourier calls it. It must never let a name
// or an address add a header.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lowtide/store.hpp>

namespace lowtide::host {

// Checks an e-mail address. Returns the broken rule, or nothing. Only plain ASCII addresses are
// allowed: nothing that could become a second header or a second address.
std::optional<std::string> check_address(std::string_view address);

// Makes a file name (without its ending) or a Message-ID from a key. Different keys give different
// texts of at most 200 characters; long keys are hashed.
std::string file_stem(std::string_view key);
std::string message_id(std::string_view key);

// The whole mail, with CR LF at the end of each line. Precondition: both addresses pass
// check_address.
std::string compose_mail(const Delivery& delivery, std::string_view from);

}  // namespace lowtide::host

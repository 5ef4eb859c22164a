// SPDX-License-Identifier: Apache-2.0
// Mail: a message as RFC 5322 has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lowtide/store.hpp>

namespace lowtide::host {

// What is wrong with an e-mail address, if anything. Only plain ASCII ones are taken: nothing that
// could become a second header or a second address.
std::optional<std::string> check_address(std::string_view address);

// A key as a part of a file name or Message-ID: different keys give different texts, of at most 200
// characters. Long ones are hashed.
std::string file_stem(std::string_view key);
std::string message_id(std::string_view key);

// The whole mail, lines ended by CR LF. Precondition: both addresses are good ones.
std::string compose_mail(const Delivery& delivery, std::string_view from);

}  // namespace lowtide::host

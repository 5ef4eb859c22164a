// SPDX-License-Identifier: Apache-2.0
// Private to capi/. A lowtide_account_event as an AccountEvent of C++: every event that goes to a
// Monitor is checked and converted here, alone or among many. A single call has
// made some of the checks on its arguments already, so the checks are separate functions.
#pragma once

#include <cstddef>

#include <lowtide/monitor.hpp>

#include <lowtide.h>

namespace lowtide::capi {

// An event of one kind, with every field of another kind left empty.
lowtide_account_event event_of(std::int32_t kind, const char* account, std::size_t account_size,
                               const char* alert = nullptr, std::size_t alert_size = 0) noexcept;

// Checks an event of an array, and the memory that it points to. That must not overlap the
// `reports_size` bytes of `reports`, which are written later. In this order: FLAGS and CODE of the
// event; NULL_ARGUMENT, STRIDE (a name's length), MISALIGNED, STRUCT_SIZE and OVERLAP of the
// memory.
lowtide_status check_event(const lowtide_account_event& event, const void* reports,
                           std::size_t reports_size) noexcept;

// FLAGS and CODE of the struct that belongs to the event's kind. Precondition: check_event.
lowtide_status check_codes(const lowtide_account_event& event) noexcept;

// Converts the event, which borrows the names. TIME_RANGE, SEQUENCE_RANGE, OUT_OF_RANGE.
// Precondition: check_codes.
lowtide_status from_c(AccountEvent& to, const lowtide_account_event& from) noexcept;

}  // namespace lowtide::capi

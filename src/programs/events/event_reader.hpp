// SPDX-License-Identifier: Apache-2.0
// EventReader: one line of JSON to one event, strictly.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "programs/events/input_event.hpp"

namespace lowtide::events {

class EventReader {
 public:
  EventReader();
  ~EventReader();
  EventReader(EventReader&&) noexcept;
  EventReader& operator=(EventReader&&) noexcept;
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  // Reads a line, LineReader::padding bytes behind which can be read. The event's names may lie in
  // the line itself. Gives what is wrong with it, as `FIELD: RULE: OFFENDING TEXT`, or nothing:
  // then `event` is filled in.
  std::optional<std::string> read(std::string_view line, InputEvent& event);

 private:
  struct Memory;  // keeps the JSON library out of this header
  std::unique_ptr<Memory> memory_;
};

}  // namespace lowtide::events

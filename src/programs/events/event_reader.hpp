// SPDX-License-Identifier: Apache-2.0
// EventReader: parses one line of JSON into one event. lowtide-replay and lowtide-host call it for
// every line. It accepts nothing that docs/events.md does not allow.
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

  // Parses a line into `event`. Returns a message, `FIELD: RULE: OFFENDING TEXT`, if the line is
  // wrong; then the content of `event` is not valid. LineReader::padding bytes behind the line must
  // be readable. The names in the event point into the line or into this reader, and are valid
  // until the next call.
  std::optional<std::string> read(std::string_view line, InputEvent& event);

 private:
  struct Memory;  // holds the parser; keeps the JSON library out of this header
  std::unique_ptr<Memory> memory_;
};

}  // namespace lowtide::events

// SPDX-License-Identifier: Apache-2.0
#include "programs/replay/journal.hpp"

#include "programs/events/json_writer.hpp"

namespace lowtide::replay {

void Journal::write(const NamedAlert& alert, Instant at, const InPlaceDecision& outcome) {
  const std::string_view account = alert.account->name;
  if (explain_) {
    switch (format_) {
      case Format::json:
        events::append_json(out_.text(), account, alert.name, at, outcome.why, alert.alert.phase());
        break;
      case Format::text: text_.append_decision(out_.text(), alert, at, outcome.why); break;
    }
  }
  for (const Output& output : outcome.outputs) {
    switch (format_) {
      case Format::json: events::append_json(out_.text(), account, alert.name, output); break;
      case Format::text: text_.append_output(out_.text(), alert, output, outcome.why); break;
    }
    summary_.count(output);
  }
  out_.settle();
}

}  // namespace lowtide::replay

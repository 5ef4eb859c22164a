// SPDX-License-Identifier: Apache-2.0
// Journal: writes the decisions and outputs of a run. The player calls it for every decision. It
// appends to memory; only OutputFile writes to the file.
#include "programs/replay/journal.hpp"

#include "programs/events/json_writer.hpp"

namespace lowtide::replay {

void Journal::write(const AlertEntry& alert, Instant at, const InPlaceDecision& decision) {
  const std::string_view account = alert.account->name;
  if (explain_) {
    switch (format_) {
      case Format::json:
        events::append_json(out_.text(), account, alert.name, at, decision.why,
                            alert.alert.phase());
        break;
      case Format::text: text_.append_decision(out_.text(), alert, at, decision.why); break;
    }
  }
  for (const Output& output : decision.outputs) {
    switch (format_) {
      case Format::json: events::append_json(out_.text(), account, alert.name, output); break;
      case Format::text: text_.append_output(out_.text(), alert, output, decision.why); break;
    }
    summary_.count(output);
  }
  out_.flush_if_full();
}

}  // namespace lowtide::replay

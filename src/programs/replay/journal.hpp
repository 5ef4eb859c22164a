// SPDX-License-Identifier: Apache-2.0
// Journal: writes the decisions and outputs of a run in the chosen format, and counts them. The
// player calls it for every decision.
#pragma once

#include <cstdint>

#include <lowtide/decide.hpp>

#include "programs/replay/ledger.hpp"
#include "programs/replay/output_file.hpp"
#include "programs/replay/summary.hpp"
#include "programs/replay/text_writer.hpp"

namespace lowtide::replay {

enum class Format : std::uint8_t { json, text };

class Journal {
 public:
  // Writes to `out`, which must outlive the journal. With `explain`, each decision is written
  // before its outputs; without it, only the outputs are written.
  Journal(OutputFile& out, Format format, bool explain) noexcept
      : out_(out), format_(format), explain_(explain) {}

  bool explains() const noexcept { return explain_; }

  // Records the decision on an event at `at`. `alert` is the alert after the event.
  void record(const AlertEntry& alert, Instant at, const InPlaceDecision& decision) {
    if (explain_ || !decision.outputs.empty()) write(alert, at, decision);
  }

  Summary& summary() noexcept { return summary_; }

 private:
  void write(const AlertEntry& alert, Instant at, const InPlaceDecision& decision);

  OutputFile& out_;
  Format format_;
  bool explain_;
  TextWriter text_;
  Summary summary_;
};

}  // namespace lowtide::replay

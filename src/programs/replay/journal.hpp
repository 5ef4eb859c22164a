// SPDX-License-Identifier: Apache-2.0
// Journal: writes down what was decided, in the form that was asked for, and counts it.
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
  // Writes to `out`, which must outlive it. With `explain`, each decision is written ahead of its
  // outputs.
  Journal(OutputFile& out, Format format, bool explain) noexcept
      : out_(out), format_(format), explain_(explain) {}

  bool explains() const noexcept { return explain_; }

  // What an event at `at` meant for an alert, which is handed in as it is afterwards.
  void record(const NamedAlert& alert, Instant at, const InPlaceDecision& outcome) {
    if (explain_ || !outcome.outputs.empty()) write(alert, at, outcome);
  }

  Summary& summary() noexcept { return summary_; }

 private:
  void write(const NamedAlert& alert, Instant at, const InPlaceDecision& outcome);

  OutputFile& out_;
  Format format_;
  bool explain_;
  TextWriter text_;
  Summary summary_;
};

}  // namespace lowtide::replay

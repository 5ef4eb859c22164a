// SPDX-License-Identifier: Apache-2.0
// SourceTable: the position up to which each file of events was ingested. Ingest calls it, within
// the transaction that stores the decisions on the events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <lowtide/instant.hpp>

#include "programs/events/feed.hpp"
#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

struct SourceProgress {
  events::FeedPosition position;
  std::int64_t checksum = 0;     // of the last line before the position
  std::optional<Instant> clock;  // the greatest instant of the events so far
};

class SourceTable {
 public:
  explicit SourceTable(Database& database);

  std::optional<SourceProgress> load(const std::string& path);

  // Saves the progress. `before` is the position that this process saved last, or none. Returns
  // false and writes nothing if another process has saved a position since.
  bool save(const std::string& path, const std::optional<events::FeedPosition>& before,
            const SourceProgress& progress, Instant now);

 private:
  Database& database_;
  Statement load_;
  Statement insert_;
  Statement update_;
};

}  // namespace lowtide::host

// SPDX-License-Identifier: Apache-2.0
// SourceTable: the position up to which each file of events was ingested. Ingest calls it. It must
// not overwrite the position of another process.
#include "programs/host/sqlite/source_table.hpp"

#include "programs/host/sqlite/sql.hpp"

namespace lowtide::host {

SourceTable::SourceTable(Database& database)
    : database_(database),
      load_(database, sql::load_source),
      insert_(database,
              "INSERT INTO sources (path, offset, line, last_size, checksum, clock, updated_at) "
              "VALUES (?, ?, ?, ?, ?, ?, ?) "
              "ON CONFLICT (path) DO NOTHING"),
      update_(database, sql::update_source) {}

std::optional<SourceProgress> SourceTable::load(const std::string& path) {
  auto rows = load_.query(path);
  if (!rows.next()) return std::nullopt;
  SourceProgress progress{
      {rows.integer(0), rows.integer(1), rows.integer(2)}, rows.integer(3), std::nullopt};
  if (!rows.is_null(4)) {
    if (const auto clock = Instant::from_seconds(rows.integer(4))) progress.clock = *clock;
  }
  return progress;
}

bool SourceTable::save(const std::string& path, const std::optional<events::FeedPosition>& before,
                       const SourceProgress& progress, Instant now) {
  const events::FeedPosition& to = progress.position;
  if (before) {
    update_.run(to.offset, to.line, to.last_size, progress.checksum, progress.clock, now, path,
                before->offset);
  } else {
    insert_.run(path, to.offset, to.line, to.last_size, progress.checksum, progress.clock, now);
  }
  return database_.changes() == 1;
}

}  // namespace lowtide::host

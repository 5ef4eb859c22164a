// SPDX-License-Identifier: Apache-2.0
// Ingest: applies the events of a feed to the accounts in the database, many lines per transaction.
// The commands `ingest` and `run` of lowtide-host call it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <lowtide/monitor.hpp>

#include "programs/events/event_reader.hpp"
#include "programs/events/feed.hpp"
#include "programs/host/common/timeline.hpp"
#include "programs/host/sqlite/source_table.hpp"
#include "programs/host/sqlite/sqlite_store.hpp"

namespace lowtide::host {

struct IngestOptions {
  std::size_t batch = 1000;  // events per transaction
  Timer timer = Timer::simulated;
  std::optional<Instant> until;
  bool keep_going = false;  // skip a bad line and continue
  std::size_t max_line = events::LineReader::default_max_line;
  std::function<Instant()> now;
  std::function<void(const std::string&)> report_error;  // called with each message, one line
};

struct IngestCounts {
  std::uint64_t events = 0;
  std::uint64_t refused = 0;
  std::uint64_t transactions = 0;
};

// The decisions on a batch of lines and the position in the file are committed together. So a run
// that was killed continues where it stopped, and every output is stored exactly once. Throws
// DatabaseError.
class Ingest {
 public:
  // The feed must be open.
  Ingest(Database& database, events::Feed& feed, IngestOptions options);

  // Continues where an earlier run stopped. Returns a message if the file is not the same any more.
  std::optional<std::string> resume();

  enum class State : std::uint8_t {
    more,      // a whole batch was ingested; there may be more lines
    none_yet,  // all lines that exist so far were ingested
    end,       // all lines were ingested; there will be no more
    stopped,   // a bad line ended the input; the message is already reported
  };
  enum class LastLine : std::uint8_t {
    must_have_end,  // a last line without an end is left for later
    may_lack_end,   // a last line without an end is ingested too
  };
  // Ingests up to IngestOptions::batch lines in one transaction.
  State ingest_batch(LastLine last_line);

  // Plays the timer up to IngestOptions::until, if it is given.
  void finish();

  const IngestCounts& counts() const noexcept { return counts_; }
  // True if no line was refused and no account failed.
  bool good() const noexcept { return good_; }

 private:
  struct Line {
    events::Feed::ReadResult result = events::Feed::ReadResult::none_yet;
    events::FeedPosition before;
    bool unended = false;  // the last line, without an end: more of it may come

    bool exists() const noexcept {
      return result == events::Feed::ReadResult::line ||
             result == events::Feed::ReadResult::too_long;
    }
  };

  Line next(LastLine last_line);
  State ingest_lines(Line& line, LastLine last_line);
  std::optional<State> ingest_line(const Line& line, IngestCounts& counts);
  std::optional<std::string> read_and_apply(events::Feed::ReadResult result);
  void save();
  void report_errors();

  events::Feed& feed_;
  IngestOptions options_;
  SqliteStore store_;
  SourceTable sources_;
  class NoCourier : public Courier {
   public:
    HandoverResult deliver(const Delivery&) override { return {}; }
  };
  NoCourier courier_;
  Monitor monitor_;
  Timeline timeline_;
  events::EventReader reader_;
  std::string source_;                          // the real path; empty for a pipe
  std::optional<events::FeedPosition> stored_;  // the position in the table
  std::int64_t stored_checksum_ = 0;
  std::int64_t saved_checksum_ = 0;  // written, but not committed yet
  events::FeedPosition reached_;
  std::optional<Instant> stored_clock_;
  IngestCounts counts_;
  bool good_ = true;
};

}  // namespace lowtide::host

// SPDX-License-Identifier: Apache-2.0
// Ingest: takes events from a feed into the database, a batch of lines with each transaction.
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
  std::size_t batch = 1000;  // events a transaction
  Timer timer = Timer::simulated;
  std::optional<Instant> until;
  bool keep_going = false;  // skip a bad line and go on
  std::size_t max_line = events::LineReader::default_max_line;
  std::function<Instant()> now;
  std::function<void(const std::string&)> complain;  // is handed what is wrong, a line each
};

struct IngestCounts {
  std::uint64_t events = 0;
  std::uint64_t refused = 0;
  std::uint64_t transactions = 0;
};

// What the lines meant and how far they were read is committed at once, so that a run which was
// killed goes on where it stopped and every output comes exactly once. Throws DatabaseError.
class Ingest {
 public:
  // The feed must be open.
  Ingest(Database& database, events::Feed& feed, IngestOptions options);

  // Goes back to where an earlier run stopped. Gives what is wrong with the file, if anything.
  std::optional<std::string> resume();

  enum class Took : std::uint8_t {
    batch,    // a whole batch; there may be more
    dry,      // all lines that are there for now
    end,      // all lines that there will ever be
    stopped,  // a bad line ended the input, and has been told
  };
  // `unended`: a last line without an end is taken too.
  enum class LastLine : std::uint8_t { waits, is_taken };
  Took take(LastLine last_line);

  // Plays the timer to `until`, if that is given.
  void finish();

  const IngestCounts& counts() const noexcept { return counts_; }
  bool good() const noexcept { return good_; }  // nothing was refused and no account was in the way

 private:
  struct Line {
    events::Feed::ReadResult got = events::Feed::ReadResult::none_yet;
    events::FeedPosition before;
    bool unended = false;  // the last one, of which more may come
  };

  Line next(LastLine last_line);
  std::optional<std::string> read_and_apply(events::Feed::ReadResult got);
  void save();
  void tell();

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
  std::string source_;                          // the real path; empty: a pipe
  std::optional<events::FeedPosition> stored_;  // as the table has it
  std::int64_t stored_checksum_ = 0;
  std::int64_t saved_checksum_ = 0;  // of a transaction that is not committed yet
  events::FeedPosition reached_;
  std::optional<Instant> stored_clock_;
  IngestCounts counts_;
  bool good_ = true;
};

}  // namespace lowtide::host

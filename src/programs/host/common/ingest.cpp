// SPDX-License-Identifier: Apache-2.0
// Ingest: applies the events of a feed to the accounts in the database. The commands `ingest` and
// `run` of lowtide-host call it. Decisions and position must always be committed together.
#include "programs/host/common/ingest.hpp"

#include <cstring>
#include <filesystem>
#include <utility>

#include "programs/events/excerpt.hpp"

namespace lowtide::host {
namespace {

MonitorOptions joined_mode() {
  MonitorOptions options;
  options.mode = TransactionMode::joined;
  return options;
}

bool is_blank(std::string_view line) noexcept {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

Ingest::Ingest(Database& database, events::Feed& feed, IngestOptions options)
    : feed_(feed),
      options_(std::move(options)),
      store_(database),
      sources_(database),
      monitor_(store_, courier_, joined_mode()),
      timeline_(store_, monitor_, options_.timer) {
  if (feed_.is_file()) source_ = std::filesystem::canonical(feed_.path()).string();
}

std::optional<std::string> Ingest::resume() {
  if (source_.empty()) return std::nullopt;
  const auto progress = sources_.load(source_);
  if (!progress) return std::nullopt;
  if (auto message = feed_.resume(progress->position, progress->checksum)) return message;
  stored_ = progress->position;
  stored_checksum_ = progress->checksum;
  reached_ = feed_.position();
  stored_clock_ = progress->clock;
  timeline_.set_clock(progress->clock);
  return std::nullopt;
}

Ingest::Line Ingest::next(LastLine last_line) {
  using events::Feed;
  Line line;
  do {
    line.before = feed_.position();
    line.result = feed_.next();
    if (line.result == Feed::ReadResult::end ||
        (line.result == Feed::ReadResult::none_yet && last_line == LastLine::may_lack_end &&
         feed_.is_file())) {
      line.result = feed_.rest();
      line.unended = line.result != Feed::ReadResult::none_yet;
      if (!line.unended) line.result = Feed::ReadResult::end;
    }
  } while (line.result == Feed::ReadResult::line && is_blank(feed_.line()));
  return line;
}

Ingest::State Ingest::ingest_batch(LastLine last_line) {
  Line line = next(last_line);
  const State state = line.exists() ? ingest_lines(line, last_line) : State::more;
  switch (line.result) {
    case events::Feed::ReadResult::failed:
      good_ = false;
      options_.report_error(events::excerpt(feed_.path(), std::string::npos) +
                            ": cannot be read: " + std::strerror(feed_.error()));
      return State::stopped;
    case events::Feed::ReadResult::none_yet: return State::none_yet;
    case events::Feed::ReadResult::end: return State::end;
    case events::Feed::ReadResult::line:
    case events::Feed::ReadResult::too_long: break;
  }
  return state;
}

// Ingests lines in one transaction, beginning with `line`, which becomes the last line that was
// read.
Ingest::State Ingest::ingest_lines(Line& line, LastLine last_line) {
  IngestCounts counts = counts_;
  std::optional<State> stop;
  try {
    Batch batch(store_);
    for (std::size_t taken = 0; line.exists(); line = next(last_line)) {
      stop = ingest_line(line, counts);
      if (stop || ++taken == options_.batch) break;
    }
    save();
    batch.commit();
    ++counts.transactions;
  } catch (const DatabaseError&) {
    timeline_.set_clock(stored_clock_);
    throw;
  }
  stored_clock_ = timeline_.clock();
  if (!source_.empty()) {
    stored_ = reached_;
    stored_checksum_ = saved_checksum_;
  }
  counts_ = counts;
  return stop.value_or(State::more);
}

// Ingests one line. Returns a state if the input must stop at this line.
std::optional<Ingest::State> Ingest::ingest_line(const Line& line, IngestCounts& counts) {
  const auto message = read_and_apply(line.result);
  report_errors();
  if (!message) {
    ++counts.events;
    reached_ = feed_.position();
    return std::nullopt;
  }
  good_ = false;
  ++counts.refused;
  options_.report_error(events::excerpt(feed_.path(), std::string::npos) + ":" +
                        std::to_string(feed_.position().line) + ": " + *message);
  // The rest of an incomplete line may still be written, so it is never skipped for good.
  if (!options_.keep_going || line.unended) {
    reached_ = line.before;
    return options_.keep_going ? State::end : State::stopped;
  }
  reached_ = feed_.position();
  return std::nullopt;
}

std::optional<std::string> Ingest::read_and_apply(events::Feed::ReadResult result) {
  if (result == events::Feed::ReadResult::too_long)
    return "the line is too long: " + events::excerpt(feed_.line());
  events::InputEvent event;
  if (auto message = reader_.read(feed_.line(), event)) return message;
  return timeline_.apply(event, options_.now());
}

void Ingest::save() {
  if (source_.empty()) return;
  SourceProgress progress{reached_, 0, timeline_.clock()};
  // A file that was truncated and written again in the meantime may be as long as before, so its
  // size proves nothing.
  if (stored_ && feed_.checksum(*stored_) != stored_checksum_) {
    throw DatabaseError(SQLITE_ERROR, feed_.path() + ": line " + std::to_string(stored_->line) +
                                          " was rewritten while the file was read");
  }
  const auto checksum = feed_.checksum(reached_);
  if (!checksum)
    throw DatabaseError(SQLITE_ERROR, feed_.path() + ": was truncated while it was read");
  progress.checksum = saved_checksum_ = *checksum;
  if (!sources_.save(source_, stored_, progress, options_.now())) {
    throw DatabaseError(SQLITE_ERROR, feed_.path() + ": another process is ingesting it");
  }
}

void Ingest::finish() {
  if (!options_.until) return;
  for (bool done = false; !done;) {
    Batch batch(store_);
    done = timeline_.finish(*options_.until, options_.batch);
    report_errors();
    batch.commit();
    ++counts_.transactions;
  }
}

void Ingest::report_errors() {
  for (const std::string& error : timeline_.take_errors()) {
    good_ = false;
    options_.report_error(error);
  }
}

}  // namespace lowtide::host

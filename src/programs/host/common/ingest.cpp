// SPDX-License-Identifier: Apache-2.0
#include "programs/host/common/ingest.hpp"

#include <cstring>
#include <filesystem>
#include <utility>

#include "programs/events/excerpt.hpp"

namespace lowtide::host {
namespace {

MonitorOptions joined() {
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
      monitor_(store_, courier_, joined()),
      timeline_(store_, monitor_, options_.timer) {
  if (feed_.is_file()) source_ = std::filesystem::canonical(feed_.path()).string();
}

std::optional<std::string> Ingest::resume() {
  if (source_.empty()) return std::nullopt;
  const auto progress = sources_.load(source_);
  if (!progress) return std::nullopt;
  if (auto wrong = feed_.resume(progress->position, progress->checksum)) return wrong;
  stored_ = progress->position;
  stored_checksum_ = progress->checksum;
  reached_ = feed_.position();
  stored_clock_ = progress->clock;
  timeline_.set_clock(progress->clock);
  return std::nullopt;
}

Ingest::Line Ingest::next(LastLine last_line) {
  Line line;
  do {
    line.before = feed_.position();
    line.got = feed_.next();
    if (line.got == events::Feed::ReadResult::end ||
        (line.got == events::Feed::ReadResult::none_yet && last_line == LastLine::is_taken &&
         feed_.is_file())) {
      const events::Feed::ReadResult end = events::Feed::ReadResult::end;
      line.got = feed_.rest();
      line.unended = line.got != events::Feed::ReadResult::none_yet;
      if (!line.unended) line.got = end;
    }
  } while (line.got == events::Feed::ReadResult::line && is_blank(feed_.line()));
  return line;
}

Ingest::Took Ingest::take(LastLine last_line) {
  Line line = next(last_line);
  const auto is_line = [&] {
    return line.got == events::Feed::ReadResult::line ||
           line.got == events::Feed::ReadResult::too_long;
  };
  Took took = Took::batch;
  IngestCounts counts = counts_;
  if (is_line()) {
    try {
      Batch batch(store_);
      std::size_t taken = 0;
      for (; is_line(); line = next(last_line)) {
        const auto wrong = read_and_apply(line.got);
        tell();
        if (wrong) {
          good_ = false;
          ++counts.refused;
          options_.complain(events::excerpt(feed_.path(), std::string::npos) + ":" +
                            std::to_string(feed_.position().line) + ": " + *wrong);
          // Half a line may become a whole one, so it is never skipped for good.
          if (!options_.keep_going || line.unended) {
            reached_ = line.before;
            took = options_.keep_going ? Took::end : Took::stopped;
            break;
          }
        } else {
          ++counts.events;
        }
        reached_ = feed_.position();
        if (++taken == options_.batch) break;
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
  }
  switch (line.got) {
    case events::Feed::ReadResult::failed:
      good_ = false;
      options_.complain(events::excerpt(feed_.path(), std::string::npos) +
                        ": cannot be read: " + std::strerror(feed_.error()));
      return Took::stopped;
    case events::Feed::ReadResult::none_yet: return Took::dry;
    case events::Feed::ReadResult::end: return Took::end;
    case events::Feed::ReadResult::line:
    case events::Feed::ReadResult::too_long: break;
  }
  return took;
}

std::optional<std::string> Ingest::read_and_apply(events::Feed::ReadResult got) {
  if (got == events::Feed::ReadResult::too_long)
    return "the line is too long: " + events::excerpt(feed_.line());
  events::InputEvent event;
  if (auto wrong = reader_.read(feed_.line(), event)) return wrong;
  return timeline_.apply(event, options_.now());
}

void Ingest::save() {
  if (source_.empty()) return;
  SourceProgress progress{reached_, 0, timeline_.clock()};
  // A file that was emptied and filled again while it was followed may be as long as before.
  if (stored_ && feed_.checksum(*stored_) != stored_checksum_) {
    throw DatabaseError(SQLITE_ERROR, feed_.path() + ": line " + std::to_string(stored_->line) +
                                          " was rewritten while the file was read");
  }
  const auto checksum = feed_.checksum(reached_);
  if (!checksum)
    throw DatabaseError(SQLITE_ERROR, feed_.path() + ": was truncated while it was read");
  progress.checksum = saved_checksum_ = *checksum;
  if (!sources_.save(source_, stored_, progress, options_.now())) {
    throw DatabaseError(SQLITE_ERROR, feed_.path() + ": is being taken in by another process");
  }
}

void Ingest::finish() {
  if (!options_.until) return;
  for (bool done = false; !done;) {
    Batch batch(store_);
    done = timeline_.finish(*options_.until, options_.batch);
    tell();
    batch.commit();
    ++counts_.transactions;
  }
}

void Ingest::tell() {
  for (const std::string& error : timeline_.take_errors()) {
    good_ = false;
    options_.complain(error);
  }
}

}  // namespace lowtide::host

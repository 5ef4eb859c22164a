// SPDX-License-Identifier: Apache-2.0
// lowtide-replay: plays files of events through the engine and writes what it has to say.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <lowtide/instant.hpp>

#include "programs/events/excerpt.hpp"
#include "programs/replay/event_stream.hpp"
#include "programs/replay/journal.hpp"
#include "programs/replay/player.hpp"
#include "programs/replay/progress.hpp"

namespace {

using lowtide::Instant;
using lowtide::replay::EventStream;
using lowtide::replay::Format;
using lowtide::replay::Journal;
using lowtide::replay::OutputFile;
using lowtide::replay::Player;
using lowtide::replay::Progress;
using lowtide::replay::Timer;

constexpr int status_bad_input = 1;
constexpr int status_usage = 2;

struct Options {
  Timer timer = Timer::simulated;
  Format format = Format::json;
  std::optional<Instant> until;
  bool explain = false;
  bool keep_going = false;
  std::size_t max_line = lowtide::events::LineReader::default_max_line;
  std::vector<std::string> files;
};

void complain(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
}  // NOLINT(cppcoreguidelines-pro-type-vararg)

// Fills in the options, or gives the exit status with which all is said already.
std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app(
      "Plays low-balance alerts over a file of events: reads JSON Lines events, writes JSON Lines "
      "outputs.\n"
      "Several files are merged by the instants of their events as they are read.",
      "lowtide-replay");
  std::string until;
  std::string timer = "simulated";
  std::string format = "json";
  app.add_option("--timer", timer,
                 "simulated: reminders go out when due; explicit: only events send them")
      ->check(CLI::IsMember({"simulated", "explicit"}).description(""))
      ->type_name("simulated|explicit")
      ->capture_default_str();
  CLI::Option* const until_option =
      app.add_option("--until", until,
                     "After the last event, send the reminders due up to and at this instant")
          ->type_name("INSTANT");
  app.add_flag("--explain", options.explain, "Write every decision, and why, ahead of its outputs");
  app.add_flag("--keep-going", options.keep_going,
               "EventReport a bad line, skip it and go on; the exit status is 1 all the same");
  app.add_option("--max-line", options.max_line,
                 "Refuse a line longer than this (1 to 1073741824), without holding it")
      ->type_name("BYTES")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30U).description(""))
      ->capture_default_str();
  app.add_option("--format", format, "json: as the events; text: a line for people")
      ->check(CLI::IsMember({"json", "text"}).description(""))
      ->type_name("json|text")
      ->capture_default_str();
  app.add_option("FILE", options.files, "Files of events; standard input if none, or -")
      ->type_name("");
  app.set_version_flag("--version", "lowtide-replay " LOWTIDE_VERSION);
  app.footer(
      "An instant is written 2026-03-01T08:00:00Z.\n"
      "Exit status: 0 all was read and applied; 1 a bad line, a file that cannot be read, an "
      "output that cannot be written; 2 wrong "
      "usage.");
  try {
    // The option parser takes [a,b] for a list of two; with the folder in front it is a file.
    std::vector<std::string> words(argv + 1, argv + argc);
    for (std::string& word : words) {
      if (word.starts_with('[')) word.insert(0, "./");
    }
    std::ranges::reverse(words);  // as the parser wants them
    app.parse(std::move(words));
    options.timer = timer == "explicit" ? Timer::explicit_ : Timer::simulated;
    options.format = format == "text" ? Format::text : Format::json;
    if (until_option->count() != 0) {
      const lowtide::Result<Instant> instant = Instant::parse(until);
      if (!instant)
        throw CLI::ValidationError(
            "--until", std::string(instant.error().rule) + ": " + lowtide::events::excerpt(until));
      if (options.timer == Timer::explicit_)
        throw CLI::ValidationError("--until", "has no meaning with --timer explicit");
      options.until = *instant;
    }
    if (options.files.empty()) options.files.emplace_back("-");
    if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
      throw CLI::ValidationError("FILE", "standard input (-) can be read only once");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : status_usage;
  }
  return std::nullopt;
}

// Plays the whole stream. False: something was refused, unreadable or unwritable, and has been
// told.
bool play(EventStream& stream, const Options& options, Player& player, Journal& journal,
          OutputFile& out) {
  constexpr std::uint64_t look_every = 1024;
  Progress progress;
  bool good = true;
  const auto refuse = [&](const std::string& message) {
    progress.clear();
    complain(message);
    good = false;
  };
  for (std::uint64_t count = 0; out.error() == 0; ++count) {
    if (progress.shows() && count % look_every == 0) progress.update(count, stream.bytes());
    const EventStream::Item item = stream.next();
    std::optional<std::string> wrong;
    if (const auto* const event = std::get_if<const lowtide::events::InputEvent*>(&item)) {
      wrong = player.apply(**event);
    } else if (const auto* const bad = std::get_if<EventStream::BadLine>(&item)) {
      wrong = bad->wrong;
    } else if (const auto* const unreadable = std::get_if<EventStream::Unreadable>(&item)) {
      refuse(stream.file() + ": cannot be read: " + std::strerror(unreadable->error));
      break;
    } else {
      if (options.until && !player.finish(*options.until))
        complain("--until is before the last event, so nothing was played up to it");
      break;
    }
    if (wrong) {
      refuse(stream.place() + ": " + *wrong);
      ++journal.summary().bad_lines;
      if (!options.keep_going) break;
    }
  }
  out.flush();
  if (out.error() != 0)
    refuse(std::string("standard output: cannot be written: ") + std::strerror(out.error()));
  return good;
}

int run(int argc, char** argv) {
  Options options;
  if (const std::optional<int> status = parse_options(argc, argv, options)) return *status;
  // A closed pipe is to be told like every other failed write.
  std::signal(SIGPIPE, SIG_IGN);

  OutputFile out(STDOUT_FILENO);
  // Whoever watches a live input sees what is known before the wait for more of it.
  EventStream stream(options.max_line, [&out] { out.flush(); });
  for (const std::string& file : options.files) {
    if (const int error = stream.open(file)) {
      complain(lowtide::events::excerpt(file, std::string::npos) +
               ": cannot be opened: " + std::strerror(error));
      return status_bad_input;
    }
  }
  Journal journal(out, options.format, options.explain);
  Player player(options.timer, journal);
  const bool good = play(stream, options, player, journal, out);
  journal.summary().accounts = player.ledger().account_count();
  journal.summary().accounts_without_alert = player.ledger().count_without_alert();
  journal.summary().alerts = player.ledger().alert_count();
  std::fputs(to_text(journal.summary()).c_str(), stderr);
  return good ? 0 : status_bad_input;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs("lowtide-replay: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return status_bad_input;
  }
}

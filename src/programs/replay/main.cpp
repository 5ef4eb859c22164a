// SPDX-License-Identifier: Apache-2.0
// lowtide-replay: the command line. Reads files of events, applies them with a Player, and writes
// the outputs. It keeps nothing between two runs.
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

void print_error(const std::string& message) { std::fputs((message + "\n").c_str(), stderr); }

// The options as texts, before they are checked.
struct Texts {
  std::string until;
  std::string timer = "simulated";
  std::string format = "json";
};

void add_options(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--timer", texts.timer,
                 "simulated: send reminders when they are due; explicit: only events send them")
      ->check(CLI::IsMember({"simulated", "explicit"}).description(""))
      ->type_name("simulated|explicit")
      ->capture_default_str();
  app.add_option("--until", texts.until,
                 "After the last event, send the reminders due at this instant or earlier")
      ->type_name("INSTANT");
  app.add_flag("--explain", options.explain,
               "Write every decision, with the reason, before its outputs");
  app.add_flag("--keep-going", options.keep_going,
               "Report a bad line, skip it and continue; the exit status is still 1");
  app.add_option("--max-line", options.max_line,
                 "Refuse longer lines (1 to 1073741824); they are not held in memory")
      ->type_name("BYTES")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30U).description(""))
      ->capture_default_str();
  app.add_option("--format", texts.format, "json: JSON Lines; text: lines for people")
      ->check(CLI::IsMember({"json", "text"}).description(""))
      ->type_name("json|text")
      ->capture_default_str();
  app.add_option("FILE", options.files, "Files of events; standard input if none, or -")
      ->type_name("");
  app.set_version_flag("--version", "lowtide-replay " LOWTIDE_VERSION);
  app.footer(
      "An instant is written as 2026-03-01T08:00:00Z.\n"
      "Exit status: 0 if everything was read and applied; 1 for a bad line, an input that cannot be "
      "read, or an output that cannot be written; 2 for wrong usage.");
}

// The words of the command line, in the order that the option parser expects: the last one first.
std::vector<std::string> command_words(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::string& word : words) {
    // The option parser would split "[a,b]" as a list of two. With a folder in front it is a file.
    if (word.starts_with('[')) word.insert(0, "./");
  }
  std::ranges::reverse(words);
  return words;
}

// Converts the texts. Throws CLI::ValidationError if one of them is wrong.
void check_options(const CLI::App& app, const Texts& texts, Options& options) {
  options.timer = texts.timer == "explicit" ? Timer::explicit_ : Timer::simulated;
  options.format = texts.format == "text" ? Format::text : Format::json;
  if (app.count("--until") != 0) {
    const lowtide::Result<Instant> instant = Instant::parse(texts.until);
    if (!instant)
      throw CLI::ValidationError("--until", std::string(instant.error().rule) + ": " +
                                                lowtide::events::excerpt(texts.until));
    if (options.timer == Timer::explicit_)
      throw CLI::ValidationError("--until", "cannot be used with --timer explicit");
    options.until = *instant;
  }
  if (options.files.empty()) options.files.emplace_back("-");
  if (std::count(options.files.begin(), options.files.end(), "-") > 1)
    throw CLI::ValidationError("FILE", "standard input (-) can be read only once");
}

// Parses the command line. Returns an exit status if the program should stop here (help, version,
// wrong usage).
std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app(
      "Replays events through low-balance alerts: reads JSON Lines events, writes JSON Lines "
      "outputs.\n"
      "Several files are merged by the instants of their events while they are read.",
      "lowtide-replay");
  Texts texts;
  add_options(app, options, texts);
  try {
    app.parse(command_words(argc, argv));
    check_options(app, texts, options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : status_usage;
  }
  return std::nullopt;
}

// Applies the whole stream. Returns false if a line was refused, an input could not be read, or the
// output could not be written; the message is already printed.
bool play(EventStream& stream, const Options& options, Player& player, Journal& journal,
          OutputFile& out) {
  constexpr std::uint64_t update_every = 1024;
  Progress progress;
  bool good = true;
  const auto fail = [&](const std::string& message) {
    progress.clear();
    print_error(message);
    good = false;
  };
  for (std::uint64_t count = 0; out.error() == 0; ++count) {
    if (progress.shows() && count % update_every == 0) progress.update(count, stream.bytes());
    const EventStream::Item item = stream.next();
    std::optional<std::string> message;
    if (const auto* const event = std::get_if<const lowtide::events::InputEvent*>(&item)) {
      message = player.apply(**event);
    } else if (const auto* const bad = std::get_if<EventStream::BadLine>(&item)) {
      message = bad->message;
    } else if (const auto* const unreadable = std::get_if<EventStream::Unreadable>(&item)) {
      fail(stream.file() + ": cannot be read: " + std::strerror(unreadable->error));
      break;
    } else {
      if (options.until && !player.finish(*options.until))
        print_error("--until is before the last event, so no reminders were sent up to it");
      break;
    }
    if (message) {
      fail(stream.place() + ": " + *message);
      ++journal.summary().bad_lines;
      if (!options.keep_going) break;
    }
  }
  out.flush();
  if (out.error() != 0)
    fail(std::string("standard output: cannot be written: ") + std::strerror(out.error()));
  return good;
}

int run(int argc, char** argv) {
  Options options;
  if (const std::optional<int> status = parse_options(argc, argv, options)) return *status;
  // A closed pipe is then reported like every other failed write.
  std::signal(SIGPIPE, SIG_IGN);

  OutputFile out(STDOUT_FILENO);
  // Flush before each read, so that all outputs are visible while the program waits for more input.
  EventStream stream(options.max_line, [&out] { out.flush(); });
  for (const std::string& file : options.files) {
    if (const int error = stream.open(file)) {
      print_error(lowtide::events::excerpt(file, std::string::npos) +
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

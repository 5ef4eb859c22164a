// SPDX-License-Identifier: Apache-2.0
// lowtide-host: the command line. Parses the options, opens the database and calls one command or
// view. Wrong usage must be found before any file is touched.
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <lowtide/instant.hpp>

#include "programs/events/excerpt.hpp"
#include "programs/host/channels/mail.hpp"
#include "programs/host/common/commands.hpp"
#include "programs/host/common/views.hpp"
#include "programs/host/sqlite/schema.hpp"

namespace {

using namespace lowtide::host;
using lowtide::Instant;
using lowtide::events::excerpt;

constexpr int status_usage = 2;

// The values of all options, as given on the command line.
struct Arguments {
  std::string db;
  unsigned patience = 10;
  std::string file;
  std::string account;
  std::string now;
  std::string until;
  std::string timer = "simulated";
  std::size_t batch = 1000;
  std::size_t max_line = lowtide::events::LineReader::default_max_line;
  bool keep_going = false;
  bool json = false;
  bool pending = false;
  bool sql = false;
  unsigned every = 5;
  DeliverOptions deliver{"", "alerts@lowtide.invalid", false};
  ProfileChange profile;
};

std::optional<Instant> instant(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto parsed = Instant::parse(text);
  if (!parsed)
    throw CLI::ValidationError(option, std::string(parsed.error().rule) + ": " + excerpt(text));
  return *parsed;
}

class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--db", arguments_.db, "The SQLite database; ingest, run and profile create it")
        ->required()
        ->type_name("FILE");
    app_.add_option("--patience", arguments_.patience,
                    "Give up after waiting this long for another writer")
        ->type_name("SECONDS")
        ->check(CLI::Range(0U, 3600U).description(""))
        ->capture_default_str();
    app_.set_version_flag("--version", "lowtide-host " LOWTIDE_VERSION);
    app_.footer(
        "An instant is written as 2026-03-01T08:00:00Z.\n"
        "Exit status: 0 if everything was done; 1 if something was refused or failed (see standard "
        "error); 2 for wrong usage.");
    add_ingest();
    add_run();
    add_tick_and_deliver();
    add_profile();
    add_views();
  }

  // Returns the exit status.
  int run(int argc, char** argv);

 private:
  CLI::App* command(const char* name, const char* about) {
    return app_.add_subcommand(name, about);
  }
  void now_option(CLI::App* of) {
    of->add_option("--now", arguments_.now, "Use this instant instead of the current time")
        ->type_name("INSTANT");
  }
  void json_flag(CLI::App* of) {
    of->add_flag("--json", arguments_.json, "Print JSON, one object per line");
  }
  void account_option(CLI::App* of) {
    of->add_option("ACCOUNT", arguments_.account, "The name of the account")
        ->required()
        ->type_name("");
  }
  void line_options(CLI::App* of) {
    of->add_option("--batch", arguments_.batch, "Events per transaction")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20U).description(""))
        ->capture_default_str();
    of->add_flag("--keep-going", arguments_.keep_going,
                 "Report a bad line, skip it and continue; the exit status is still 1");
    of->add_option("--max-line", arguments_.max_line,
                   "Refuse longer lines; they are not held in memory")
        ->type_name("BYTES")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30U).description(""))
        ->capture_default_str();
  }
  void mail_options(CLI::App* of) {
    of->add_option("--mail-dir", arguments_.deliver.mail_folder,
                   "Folder for the mails, one .eml file each; default: FILE.mail")
        ->type_name("DIR");
    of->add_option("--from", arguments_.deliver.from, "The sender of the mails")
        ->type_name("ADDRESS")
        ->capture_default_str();
  }
  void add_ingest();
  void add_run();
  void add_tick_and_deliver();
  void add_profile();
  void add_views();
  IngestOptions ingest_options() const;
  int dispatch();
  int view(Database& database);

  CLI::App app_{
      "Runs low-balance alerts on a SQLite database: ingests events, sends reminders when they are "
      "due, delivers notices.",
      "lowtide-host"};
  Arguments arguments_;
};

void CommandLine::add_ingest() {
  CLI::App* const ingest = command(
      "ingest",
      "Ingest a file of events, in the format of lowtide-replay\n"
      "The position in the file is stored together with the decisions on its events. If the "
      "run ends early, run it\n"
      "again: it continues behind the last line that was stored. A pipe (-) has no position: "
      "send all events again,\n"
      "and give them sequences, so that repeated ones are ignored.");
  ingest->add_option("FILE", arguments_.file, "JSON Lines events; - for standard input")
      ->required()
      ->type_name("");
  line_options(ingest);
  ingest
      ->add_option("--timer", arguments_.timer,
                   "simulated: send reminders when they are due; explicit: only events send them")
      ->check(CLI::IsMember({"simulated", "explicit"}).description(""))
      ->type_name("simulated|explicit")
      ->capture_default_str();
  ingest
      ->add_option("--until", arguments_.until,
                   "After the last event, send the reminders due at this instant or earlier")
      ->type_name("INSTANT");
  now_option(ingest);
}

void CommandLine::add_run() {
  CLI::App* const run =
      command("run",
              "Ingest events as they arrive, tick and deliver, until SIGTERM or SIGINT\n"
              "A file is followed as it grows; the run ends if it is truncated or replaced. A pipe "
              "(-) is read to its end.\n"
              "Reminders follow the system clock.");
  run->add_option("--follow", arguments_.file, "JSON Lines events; - for standard input")
      ->required()
      ->type_name("FILE");
  run->add_option("--every", arguments_.every, "Tick and deliver this often")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 86400U).description(""))
      ->capture_default_str();
  line_options(run);
  mail_options(run);
}

void CommandLine::add_tick_and_deliver() {
  now_option(command("tick", "Send the reminders that are due"));

  CLI::App* const deliver = command(
      "deliver", "Deliver pending notices: mails to a folder, internal messages to inboxes");
  mail_options(deliver);
  deliver->add_flag("--retry-failed", arguments_.deliver.retry_failed,
                    "Try failed deliveries again, too");
  now_option(deliver);
}

void CommandLine::add_profile() {
  CLI::App* const profile =
      command("profile", "Set the contact of an account; an option left out changes nothing");
  account_option(profile);
  profile->add_option("--contact", arguments_.profile.contact, "An e-mail address")
      ->type_name("ADDRESS");
  profile->add_option("--language", arguments_.profile.language, "Such as en")->type_name("CODE");
  profile->add_option("--currency", arguments_.profile.currency, "Such as USD")->type_name("CODE");
  profile
      ->add_option("--digits", arguments_.profile.currency_digits,
                   "Show at least this many decimal places")
      ->type_name("N")
      ->check(CLI::Range(0, 18).description(""));
  now_option(profile);
}

void CommandLine::add_views() {
  json_flag(command("accounts", "List accounts and alerts"));
  CLI::App* const show =
      command("show", "Show an account: settings, amounts, history, and why it is silent");
  account_option(show);
  json_flag(show);
  CLI::App* const inbox = command("inbox", "Show the internal messages of an account");
  account_option(inbox);
  json_flag(inbox);
  CLI::App* const notices = command(
      "notices", "List notices and their deliveries; with --json in the format of lowtide-replay");
  notices->add_option("--account", arguments_.account, "Only the notices of this account")
      ->type_name("ACCOUNT");
  notices->add_flag("--pending", arguments_.pending, "Only notices with a pending delivery");
  notices->add_flag("--sql", arguments_.sql,
                    "Print the query for use in any SQL tool, instead of running it");
  json_flag(notices);
  json_flag(command("status", "Show the status: what is pending, what failed, what is due next"));
  command("plans",
          "Show how SQLite runs the statements of every event; fail if one reads a whole table");
}

IngestOptions CommandLine::ingest_options() const {
  IngestOptions options;
  options.batch = arguments_.batch;
  options.timer = arguments_.timer == "explicit" ? Timer::explicit_ : Timer::simulated;
  options.until = instant("--until", arguments_.until);
  if (options.until && options.timer == Timer::explicit_)
    throw CLI::ValidationError("--until", "cannot be used with --timer explicit");
  options.keep_going = arguments_.keep_going;
  options.max_line = arguments_.max_line;
  if (const auto now = instant("--now", arguments_.now)) {
    options.now = [now] { return *now; };
  } else {
    options.now = system_now;
  }
  options.report_error = print_error;
  return options;
}

int CommandLine::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
    if (arguments_.deliver.mail_folder.empty())
      arguments_.deliver.mail_folder = arguments_.db + ".mail";
    if (const auto rule = check_address(arguments_.deliver.from))
      throw CLI::ValidationError("--from", *rule + ": " + excerpt(arguments_.deliver.from));
    return dispatch();
  } catch (const CLI::ParseError& error) {
    return app_.exit(error) == 0 ? 0 : status_usage;
  }
}

int CommandLine::dispatch() {
  const std::string name = app_.get_subcommands().front()->get_name();
  // Checks the options before any file is touched.
  IngestOptions options = ingest_options();
  const Instant now = options.now();
  const bool creates = name == "ingest" || name == "run" || name == "profile";
  const auto missing = creates ? Database::Missing::create : Database::Missing::refuse;
  const auto open = [&](Database::Missing how) {
    auto database =
        std::make_unique<Database>(arguments_.db, how, std::chrono::seconds(arguments_.patience));
    prepare(*database);
    return database;
  };
  const auto database = open(missing);
  if (name == "ingest") return ingest(*database, arguments_.file, std::move(options));
  if (name == "tick") return tick(*database, now);
  if (name == "deliver") return deliver(*database, arguments_.deliver, now);
  if (name == "profile") return set_profile(*database, arguments_.account, arguments_.profile, now);
  if (name == "run") {
    const auto timer = open(Database::Missing::refuse);
    options.timer = Timer::explicit_;
    return follow(*database, *timer, arguments_.file, std::move(options), arguments_.deliver,
                  std::chrono::seconds(arguments_.every));
  }
  const int status = view(*database);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  print_error("standard output: cannot be written");
  return status_bad;
}

int CommandLine::view(Database& database) {
  const std::string name = app_.get_subcommands().front()->get_name();
  const Format format = arguments_.json ? Format::json : Format::text;
  bool good = true;
  if (name == "accounts") show_accounts(database, format);
  if (name == "status") show_status(database, format);
  if (name == "plans") good = show_plans(database);
  if (name == "notices" && arguments_.sql) {
    std::puts(notices_query());
  } else if (name == "notices") {
    show_notices(database,
                 {arguments_.account.empty() ? std::nullopt : std::optional(arguments_.account),
                  arguments_.pending},
                 format);
  }
  const bool known = name == "show"
                         ? show_account(database, arguments_.account, format)
                         : name != "inbox" || show_inbox(database, arguments_.account, format);
  if (!known) print_error("account: does not exist: \"" + excerpt(arguments_.account) + "\"");
  return known && good ? status_good : status_bad;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // SQLite's memory statistics are not used, and updating them takes a lock.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // NOLINT(cppcoreguidelines-pro-type-vararg)
    // A closed pipe is then reported like every other failed write.
    std::signal(SIGPIPE, SIG_IGN);
    return CommandLine().run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs("lowtide-host: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return status_bad;
  }
}

// SPDX-License-Identifier: Apache-2.0
// lowtide-host: low-balance alerts kept in a SQLite database, from events in to mails out.
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

// What was given on the command line, as it was given.
struct Words {
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
    app_.add_option("--db", words_.db, "The SQLite database; ingest, run and profile make it")
        ->required()
        ->type_name("FILE");
    app_.add_option("--patience", words_.patience,
                    "Give up after waiting this long for another writer")
        ->type_name("SECONDS")
        ->check(CLI::Range(0U, 3600U).description(""))
        ->capture_default_str();
    app_.set_version_flag("--version", "lowtide-host " LOWTIDE_VERSION);
    app_.footer(
        "An instant is written 2026-03-01T08:00:00Z.\n"
        "Exit status: 0 all was done; 1 something was refused or could not be done, as standard "
        "error tells; 2 wrong usage.");
    add_writers();
    add_views();
  }

  // The exit status.
  int run(int argc, char** argv);

 private:
  CLI::App* command(const char* name, const char* about) {
    return app_.add_subcommand(name, about);
  }
  void now_option(CLI::App* of) {
    of->add_option("--now", words_.now, "Take this for the present instant, instead of the clock's")
        ->type_name("INSTANT");
  }
  void json_flag(CLI::App* of) {
    of->add_flag("--json", words_.json, "Print JSON, one object a line");
  }
  void account_option(CLI::App* of) {
    of->add_option("ACCOUNT", words_.account, "The account's name")->required()->type_name("");
  }
  void line_options(CLI::App* of) {
    of->add_option("--batch", words_.batch, "Events a transaction")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20U).description(""))
        ->capture_default_str();
    of->add_flag("--keep-going", words_.keep_going,
                 "Report a bad line, skip it and go on; the exit status is 1 all the same");
    of->add_option("--max-line", words_.max_line,
                   "Refuse a line longer than this, without holding it")
        ->type_name("BYTES")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30U).description(""))
        ->capture_default_str();
  }
  void mail_options(CLI::App* of) {
    of->add_option("--mail-dir", words_.deliver.mail_folder,
                   "Where mails are put, a .eml file each; FILE.mail if left out")
        ->type_name("DIR");
    of->add_option("--from", words_.deliver.from, "The sender of the mails")
        ->type_name("ADDRESS")
        ->capture_default_str();
  }
  void add_writers();
  void add_views();
  IngestOptions ingest_options() const;
  int dispatch();
  int view(Database& database);

  CLI::App app_{
      "Keeps low-balance alerts in a SQLite database: takes in events, sends reminders when they "
      "are due, delivers notices.",
      "lowtide-host"};
  Words words_;
};

void CommandLine::add_writers() {
  CLI::App* const ingest = command("ingest",
                                   "Take in a file of events, those of lowtide-replay\n"
                                   "How far a file was taken in is stored with what its events "
                                   "meant. Run it again, after whatever ended it,\n"
                                   "and it goes on behind the last line that is stored. A pipe (-) "
                                   "has no such position: after an end before\n"
                                   "its time, feed it all events again, and let them carry "
                                   "sequences, which tell repeated ones.");
  ingest->add_option("FILE", words_.file, "JSON Lines events; - for standard input")
      ->required()
      ->type_name("");
  line_options(ingest);
  ingest
      ->add_option("--timer", words_.timer,
                   "simulated: reminders go out when due; explicit: only events send them")
      ->check(CLI::IsMember({"simulated", "explicit"}).description(""))
      ->type_name("simulated|explicit")
      ->capture_default_str();
  ingest
      ->add_option("--until", words_.until,
                   "After the last event, send the reminders due up to and at this instant")
      ->type_name("INSTANT");
  now_option(ingest);

  CLI::App* const run =
      command("run",
              "Take in events as they come, tick and deliver, until SIGTERM or SIGINT\n"
              "A file is followed as it grows; that it was truncated or replaced ends the run. A "
              "pipe (-) is read to its\n"
              "end. The timer is the clock's.");
  run->add_option("--follow", words_.file, "JSON Lines events; - for standard input")
      ->required()
      ->type_name("FILE");
  run->add_option("--every", words_.every, "Tick and deliver this often")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 86400U).description(""))
      ->capture_default_str();
  line_options(run);
  mail_options(run);

  now_option(command("tick", "Send the reminders that are due"));

  CLI::App* const deliver = command(
      "deliver", "Hand over what is pending: mails into a folder, internal messages into inboxes");
  mail_options(deliver);
  deliver->add_flag("--retry-failed", words_.deliver.retry_failed,
                    "Try those that failed again, too");
  now_option(deliver);

  CLI::App* const profile =
      command("profile", "Set whom to tell, and how; what is left out stays as it is");
  account_option(profile);
  profile->add_option("--contact", words_.profile.contact, "An e-mail address")
      ->type_name("ADDRESS");
  profile->add_option("--language", words_.profile.language, "Such as en")->type_name("CODE");
  profile->add_option("--currency", words_.profile.currency, "Such as USD")->type_name("CODE");
  profile->add_option("--digits", words_.profile.currency_digits, "Decimal places to show at least")
      ->type_name("N")
      ->check(CLI::Range(0, 18).description(""));
  now_option(profile);
}

void CommandLine::add_views() {
  json_flag(command("accounts", "List accounts and alerts"));
  CLI::App* const show =
      command("show", "Show an account: settings, amounts, history, and why it is silent now");
  account_option(show);
  json_flag(show);
  CLI::App* const inbox = command("inbox", "Show an account's internal messages");
  account_option(inbox);
  json_flag(inbox);
  CLI::App* const notices = command(
      "notices", "List notices and their deliveries; with --json as lowtide-replay writes outputs");
  notices->add_option("--account", words_.account, "Only this account's")->type_name("ACCOUNT");
  notices->add_flag("--pending", words_.pending, "Only those with a delivery that is pending");
  notices->add_flag("--sql", words_.sql,
                    "Print the query, for any SQL tool, instead of running it");
  json_flag(notices);
  json_flag(
      command("status", "Tell how things stand: what is pending, what failed, what is due next"));
  command("plans",
          "Show how SQLite runs the statements of every event; fails if one reads a whole table");
}

IngestOptions CommandLine::ingest_options() const {
  IngestOptions options;
  options.batch = words_.batch;
  options.timer = words_.timer == "explicit" ? Timer::explicit_ : Timer::simulated;
  options.until = instant("--until", words_.until);
  if (options.until && options.timer == Timer::explicit_)
    throw CLI::ValidationError("--until", "has no meaning with --timer explicit");
  options.keep_going = words_.keep_going;
  options.max_line = words_.max_line;
  if (const auto now = instant("--now", words_.now)) {
    options.now = [now] { return *now; };
  } else {
    options.now = system_now;
  }
  options.complain = complain;
  return options;
}

int CommandLine::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
    if (words_.deliver.mail_folder.empty()) words_.deliver.mail_folder = words_.db + ".mail";
    if (const auto wrong = check_address(words_.deliver.from)) {
      throw CLI::ValidationError("--from", *wrong + ": " + excerpt(words_.deliver.from));
    }
    return dispatch();
  } catch (const CLI::ParseError& error) {
    return app_.exit(error) == 0 ? 0 : status_usage;
  }
}

int CommandLine::dispatch() {
  const std::string name = app_.get_subcommands().front()->get_name();
  // Wrong usage is found before any file is touched.
  IngestOptions options = ingest_options();
  const Instant now = options.now();
  const bool creates = name == "ingest" || name == "run" || name == "profile";
  const auto missing = creates ? Database::Missing::create : Database::Missing::refuse;
  const auto open = [&](Database::Missing how) {
    auto database =
        std::make_unique<Database>(words_.db, how, std::chrono::seconds(words_.patience));
    prepare(*database);
    return database;
  };
  const auto database = open(missing);
  if (name == "ingest") return ingest(*database, words_.file, std::move(options));
  if (name == "tick") return tick(*database, now);
  if (name == "deliver") return deliver(*database, words_.deliver, now);
  if (name == "profile") return set_profile(*database, words_.account, words_.profile, now);
  if (name == "run") {
    const auto timer = open(Database::Missing::refuse);
    options.timer = Timer::explicit_;
    return follow(*database, *timer, words_.file, std::move(options), words_.deliver,
                  std::chrono::seconds(words_.every));
  }
  const int status = view(*database);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  complain("standard output: cannot be written");
  return status_bad;
}

int CommandLine::view(Database& database) {
  const std::string name = app_.get_subcommands().front()->get_name();
  const Form form = words_.json ? Form::json : Form::text;
  bool good = true;
  if (name == "accounts") show_accounts(database, form);
  if (name == "status") show_status(database, form);
  if (name == "plans") show_plans(database, good);
  if (name == "notices" && words_.sql) {
    std::puts(notices_query());
  } else if (name == "notices") {
    show_notices(
        database,
        {words_.account.empty() ? std::nullopt : std::optional(words_.account), words_.pending},
        form);
  }
  const bool known = name == "show" ? show_account(database, words_.account, form)
                                    : name != "inbox" || show_inbox(database, words_.account, form);
  if (!known) complain("account: is not known: \"" + excerpt(words_.account) + "\"");
  return known && good ? status_good : status_bad;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // Nobody asks SQLite how much memory it uses, and counting takes a lock.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // NOLINT(cppcoreguidelines-pro-type-vararg)
    // A closed pipe is to be told like every other failed write.
    std::signal(SIGPIPE, SIG_IGN);
    return CommandLine().run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs("lowtide-host: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return status_bad;
  }
}

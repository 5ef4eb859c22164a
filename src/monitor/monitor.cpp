// SPDX-License-Identifier: Apache-2.0
#include <lowtide/monitor.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include <lowtide/key.hpp>

namespace lowtide {
namespace {

// The most deliveries that are read at once: a bound on memory.
constexpr std::size_t deliveries_per_page = 256;

// The most accounts that are loaded and committed at once.
std::size_t accounts_per_commit(const MonitorOptions& options) noexcept {
  return std::max<std::size_t>(options.accounts_per_commit, 1);
}

// What an error says where no memory is left for words: so short that a string holds it without
// any.
constexpr const char* no_memory = "memory ran out";

// An error in words, or that there is no memory for them. What was stored or sent can be told that
// way whatever fails afterwards.
template <class Say>
std::string in_words(const Say& say) noexcept {
  try {
    return say();
  } catch (const std::bad_alloc&) {
    return no_memory;
  }
}

// Room for `more` errors, so that they can be added without an allocation.
void make_room(std::vector<std::string>& errors, std::size_t more) {
  if (errors.capacity() - errors.size() < more)
    errors.reserve(std::max(errors.size() + more, 2 * errors.capacity()));
}

// A name that was refused may hold anything, and an error is one line.
std::string quoted(std::string_view text) {
  std::string quote(text.substr(0, max_name_size));
  std::ranges::replace_if(
      quote, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return "'" + quote + (text.size() > max_name_size ? "...'" : "'");
}

std::string account_error(std::string_view account, std::string_view what) {
  return "account " + quoted(account) + ": " + std::string(what);
}

std::string describe(const Error& error) {
  const std::string_view field = error.field;
  return field.empty() ? error.rule : std::string(field) + ": " + error.rule;
}

// Looks at what the host gave for an account, and puts its alerts in the order of their names.
// Gives what is wrong with it, if anything: then the account must not be touched.
std::optional<std::string> put_right(AccountRecord& record, std::string_view account) {
  if (!record.damage.empty()) return record.damage;
  if (record.name != account) return "load gave " + quoted(record.name) + " in its place";
  // One more is to fit as well.
  if (record.revision < 0 || record.revision == std::numeric_limits<std::int64_t>::max()) {
    return "revision: must be 0 to 9223372036854775806: " + std::to_string(record.revision);
  }
  for (const StoredAlert& stored : record.alerts) {
    if (const auto error = check_name(stored.name, "alert"))
      return describe(*error) + ": " + quoted(stored.name);
  }
  std::ranges::sort(record.alerts, {}, &StoredAlert::name);
  const auto twice = std::ranges::adjacent_find(record.alerts, {}, &StoredAlert::name);
  if (twice != record.alerts.end()) return "alert " + quoted(twice->name) + ": is stored twice";
  return std::nullopt;
}

// An account in work: the record, its alerts as values, and what came of the changes so far.
class Work {
 public:
  Work(AccountRecord record, const MonitorOptions& options, Instant now) : options_(options) {
    commit_.after = std::move(record);
    commit_.recorded_at = now;
  }

  // Reads the stored alerts. Gives what is wrong with them, if anything: then the account must not
  // be touched.
  std::optional<std::string> open() {
    const AccountRecord& record = commit_.after;
    bearer_ = Alert::on_account(record.available_credit, record.sequence);
    for (const StoredAlert& stored : record.alerts) {
      const Result<Alert> alert = Alert::decode(stored.state);
      if (!alert) return "alert " + quoted(stored.name) + ": " + describe(alert.error());
      if (alert->available_credit() != record.available_credit ||
          alert->sequence() != record.sequence) {
        return "alert " + quoted(stored.name) +
               ": its last Available Credit or sequence is not the account's";
      }
      alerts_.push_back(*alert);
    }
    return std::nullopt;
  }

  // Applies one change. Gives what is wrong with it, if anything: then nothing of it was applied.
  std::optional<std::string> apply(const MonitorEvent& event, EventReport& report) {
    report = {};
    const bool touched_before = std::exchange(touched_, false);
    auto error = std::visit([&](const auto& one) { return on(one, report.decisions); }, event);
    report.status = touched_ ? EventStatus::committed : EventStatus::unchanged;
    touched_ |= touched_before;
    return error;
  }

  bool touched() const noexcept { return touched_; }

  // The commit, once all changes were applied.
  AccountCommit&& finish() {
    AccountRecord& record = commit_.after;
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      StoredAlert& stored = record.alerts[i];
      if (stored.changed) {
        const EncodedAlert encoded = alerts_[i].encode();
        stored.state.assign(encoded.bytes().begin(), encoded.bytes().end());
      }
      // Of every alert, for load need not give them.
      stored.phase = alerts_[i].phase();
      stored.threshold = alerts_[i].threshold().amount();
      stored.available_credit = alerts_[i].available_credit();
      stored.next_reminder_at = alerts_[i].next_reminder_at();
    }
    ++record.revision;
    for (Notice& notice : commit_.notices) notice.cause = record.revision;
    return std::move(commit_);
  }

 private:
  using Decisions = std::vector<AlertDecision>;

  std::optional<std::string> on(const BalanceObservation& observation, Decisions& decisions) {
    const Balance* const balance = std::get_if<Balance>(&observation.credit);
    const Result<Amount> credit = balance != nullptr
                                      ? available_credit(*balance)
                                      : Result<Amount>(std::get<Amount>(observation.credit));
    if (!credit) return describe(credit.error());
    const Observation change{*credit, observation.at, observation.sequence};
    const Alert bearer_before = bearer_;
    const bool stale = step(bearer_, change).why == Why::stale;
    for (std::size_t i = 0; i < alerts_.size(); ++i)
      decide_one(i, change, "balance", Record::when_not_silent, decisions);
    if (stale) return std::nullopt;

    AccountRecord& record = commit_.after;
    const std::optional<Balance> components =
        balance != nullptr ? std::optional(*balance) : std::nullopt;
    if (bearer_ == bearer_before && record.balance == components) return std::nullopt;
    touched_ = true;
    record.balance = components;
    record.available_credit = bearer_.available_credit();
    record.sequence = bearer_.sequence();
    const auto costs = [](Amount amount) { return Amount{} < amount; };
    if (!record.first_cost_at && balance != nullptr &&
        (costs(balance->unsettled_current_month) || costs(balance->unsettled_previous_months))) {
      record.first_cost_at = observation.at;
    }
    return std::nullopt;
  }

  std::optional<std::string> on(const AlertEnable& enable, Decisions& decisions) {
    auto at = find(enable.alert);
    if (!at) at = insert(enable.alert);
    decide_one(*at, enable.event, "enable", Record::always, decisions);
    return std::nullopt;
  }

  std::optional<std::string> on(const AlertSetThreshold& set, Decisions& decisions) {
    return settle(set.alert, set.event, "set_threshold", decisions);
  }

  std::optional<std::string> on(const AlertDisable& disable, Decisions& decisions) {
    return settle(disable.alert, disable.event, "disable", decisions);
  }

  std::optional<std::string> on(const Rebase& event, Decisions&) {
    AccountRecord& record = commit_.after;
    if (record.revision != 0 && record.sequence == event.sequence) return std::nullopt;
    touched_ = true;
    record.sequence = event.sequence;
    bearer_ = rebase(bearer_, event.sequence);
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      alerts_[i] = rebase(alerts_[i], event.sequence);
      record.alerts[i].changed = true;
    }
    commit_.audit.push_back({event.at, "rebase", "", std::nullopt, Phase::off});
    return std::nullopt;
  }

  std::optional<std::string> on(const AccountTick& tick, Decisions& decisions) {
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      const auto due = alerts_[i].next_reminder_at();
      if (due && (*due < tick.end || (tick.inclusive && *due == tick.end))) {
        decide_one(i, Tick{tick.at}, "tick", Record::when_not_silent, decisions);
      }
    }
    return std::nullopt;
  }

  template <class E>
  std::optional<std::string> settle(std::string_view alert, const E& event, const char* type,
                                    Decisions& decisions) {
    const auto at = find(alert);
    if (!at) return "alert: was never enabled: " + quoted(alert);
    decide_one(*at, event, type, Record::always, decisions);
    return std::nullopt;
  }

  enum class Record : std::uint8_t { always, when_not_silent };

  template <class E>
  void decide_one(std::size_t i, const E& event, const char* type, Record when,
                  Decisions& decisions) {
    const Alert before = alerts_[i];
    const InPlaceDecision outcome = step(alerts_[i], event);
    StoredAlert& stored = commit_.after.alerts[i];
    if (alerts_[i] != before || stored.state.empty()) {
      stored.changed = true;
      touched_ = true;
    }
    const Phase phase = alerts_[i].phase();
    decisions.push_back({stored.name, outcome.why, phase, outcome.outputs});
    if (when == Record::always || !outcome.outputs.empty() || phase != before.phase()) {
      commit_.audit.push_back({event.at, type, stored.name, outcome.why, phase});
    }
    for (const Output& output : outcome.outputs) {
      // Both names were looked at, the account's as that of a change and the alert's when it was
      // loaded or made.
      const bool deliver = output.kind != OutputKind::stop || options_.deliver_stops;
      commit_.notices.push_back({output_key(commit_.after.name, stored.name, output).value(),
                                 commit_.after.name, stored.name, output, 0,
                                 deliver ? options_.channels : std::vector<std::string>{}});
    }
  }

  std::optional<std::size_t> find(std::string_view alert) const {
    const auto& alerts = commit_.after.alerts;
    const auto at = std::ranges::find(alerts, alert, &StoredAlert::name);
    if (at == alerts.end()) return std::nullopt;
    return static_cast<std::size_t>(at - alerts.begin());
  }

  std::size_t insert(std::string_view alert) {
    auto& alerts = commit_.after.alerts;
    const auto at = std::ranges::lower_bound(alerts, alert, {}, &StoredAlert::name);
    const auto index = at - alerts.begin();
    StoredAlert stored;
    stored.name = alert;
    alerts.insert(at, std::move(stored));
    const AccountRecord& record = commit_.after;
    alerts_.insert(alerts_.begin() + index,
                   Alert::on_account(record.available_credit, record.sequence));
    return static_cast<std::size_t>(index);
  }

  const MonitorOptions& options_;
  AccountCommit commit_;
  Alert bearer_;  // an alert that is off: it takes the account's observations by the rules, and
                  // tells what is stale
  std::vector<Alert> alerts_;  // as in commit_.after.alerts
  bool touched_ = false;
};

// How far the changes of one account are.
enum class Stage : std::uint8_t {
  open,     // they are still to be decided, or decided again
  decided,  // nothing is to be stored, and their reports are to be shown to Prepare
  closed,   // their reports stand
};

// The changes of one account, by their places.
struct Group {
  std::string_view account;
  std::vector<std::size_t> events;
  Stage stage = Stage::open;
  std::optional<AccountRecord>
      in_doubt;  // what a commit was to store of which the store could not tell what became of it
};

struct Facts {
  Instant at;
  std::optional<std::string_view> alert;
};

Facts facts(const MonitorEvent& event) {
  struct Visitor {
    Facts operator()(const BalanceObservation& one) const { return {one.at, std::nullopt}; }
    Facts operator()(const AlertEnable& one) const { return {one.event.at, one.alert}; }
    Facts operator()(const AlertSetThreshold& one) const { return {one.event.at, one.alert}; }
    Facts operator()(const AlertDisable& one) const { return {one.event.at, one.alert}; }
    Facts operator()(const Rebase& one) const { return {one.at, std::nullopt}; }
    Facts operator()(const AccountTick& one) const { return {one.at, std::nullopt}; }
  };
  return std::visit(Visitor(), event);
}

// What is wrong with a change that can be told without the store.
std::optional<std::string> refusal(const AccountEvent& one, std::chrono::seconds skew,
                                   Instant now) {
  if (const auto error = check_name(one.account, "account"))
    return describe(*error) + ": " + quoted(one.account);
  const auto [at, alert] = facts(one.event);
  if (alert) {
    if (const auto error = check_name(*alert, "alert"))
      return describe(*error) + ": " + quoted(*alert);
  }
  if (at.time() - now.time() > skew) {
    return "at: is later than now (" + to_text(now) + ") by more than the allowed skew of " +
           std::to_string(skew.count()) + " s: " + to_text(at);
  }
  return std::nullopt;
}

std::vector<Group> group(std::span<const AccountEvent> events,
                         const std::vector<EventReport>& reports) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (reports[i].status != EventStatus::refused) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return events[i].account; });
  std::vector<Group> groups;
  for (const std::size_t i : order) {
    if (groups.empty() || groups.back().account != events[i].account)
      groups.emplace_back().account = events[i].account;
    groups.back().events.push_back(i);
  }
  return groups;
}

// Whether changes may be decided again on top of themselves and of others' commits. An observation
// with a sequence is stale then, and a tick finds nothing due; an observation without one would
// count twice, and a setting or a rebase would undo what others set meanwhile.
bool is_repeatable(const Group& of, std::span<const AccountEvent> events) {
  return std::ranges::all_of(of.events, [&](std::size_t i) {
    const auto* const observation = std::get_if<BalanceObservation>(&events[i].event);
    return observation != nullptr ? observation->sequence.has_value()
                                  : std::holds_alternative<AccountTick>(events[i].event);
  });
}

// Whether what is stored is what a commit was to store. A commit of others that made the very same
// of the account counts as well: its notices have the same keys.
bool is_stored(const AccountRecord& stored, const AccountRecord& after) {
  const auto same = [](const StoredAlert& a, const StoredAlert& b) {
    return a.name == b.name && a.state == b.state;
  };
  return stored.revision == after.revision && stored.balance == after.balance &&
         stored.available_credit == after.available_credit && stored.sequence == after.sequence &&
         stored.first_cost_at == after.first_cost_at &&
         std::ranges::equal(stored.alerts, after.alerts, same);
}

// What can be told of changes that came to nothing this time: that none was stored, unless an
// earlier commit of theirs may have been.
EventStatus lost(const Group& one) noexcept {
  return one.in_doubt ? EventStatus::unknown : EventStatus::failed;
}

// Gives all changes of a group the same end, but for those that were refused.
void end_group(Group& of, EventStatus status, std::string_view error,
               std::vector<EventReport>& reports) noexcept {
  of.stage = Stage::closed;
  for (const std::size_t i : of.events) {
    EventReport& report = reports[i];
    if (report.status == EventStatus::refused) continue;
    report.status = status;
    report.error = in_words([&] { return account_error(of.account, error); });
    report.decisions.clear();
  }
}

// One call of Monitor::apply.
class Application {
 public:
  Application(Store& store, const MonitorOptions& options, std::span<const AccountEvent> events,
              Instant now, const Monitor::Prepare& prepare)
      : store_(store),
        options_(options),
        events_(events),
        now_(now),
        prepare_(prepare),
        reports_(events.size()) {}

  std::vector<EventReport> run() {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (auto error = refusal(events_[i], options_.skew, now_))
        reports_[i] = {EventStatus::refused, account_error(events_[i].account, *error), {}};
    }
    std::vector<Group> groups = group(events_, reports_);
    const std::size_t most = accounts_per_commit(options_);
    for (std::span<Group> rest(groups); !rest.empty();) {
      const std::size_t size = std::min(most, rest.size());
      apply_chunk(rest.first(size));
      rest = rest.subspan(size);
    }
    return std::move(reports_);
  }

 private:
  // Loads, decides and commits the accounts of one chunk, until all are closed or the attempts are
  // used up.
  void apply_chunk(std::span<Group> chunk) {
    const unsigned attempts =
        options_.mode == TransactionMode::joined ? 1 : std::max(options_.attempts, 1U);
    commit_error_.reset();
    unsigned attempt = 0;
    try {
      for (; attempt < attempts && is_open(chunk); ++attempt) try_once(chunk);
      end_open(chunk, EventStatus::conflict, "others committed it in between", why());
    } catch (const std::bad_alloc&) {
      if (!is_stored_) throw;
      // Only a conflict keeps a group open until a second attempt.
      end_open(chunk, attempt == 0 ? EventStatus::failed : EventStatus::conflict, no_memory,
               no_memory);
    }
  }

  static bool is_open(std::span<const Group> chunk) noexcept {
    return std::ranges::any_of(chunk, [](const Group& one) { return one.stage != Stage::closed; });
  }

  // Ends the groups that are still open: those whose commit is in doubt as unknown.
  void end_open(std::span<Group> chunk, EventStatus status, std::string_view error,
                std::string_view error_if_in_doubt) noexcept {
    for (Group& one : chunk) {
      if (one.stage == Stage::closed) continue;
      if (one.in_doubt) {
        end_group(one, EventStatus::unknown, error_if_in_doubt, reports_);
      } else {
        end_group(one, status, error, reports_);
      }
    }
  }

  void try_once(std::span<Group> chunk) {
    std::vector<Group*> open;
    for (Group& one : chunk) {
      if (one.stage != Stage::closed) open.push_back(&one);
    }
    std::vector<AccountRecord> records;
    if (const auto error = load(open, records)) {
      for (Group* const one : open) end_group(*one, lost(*one), error->what, reports_);
      return;
    }
    std::vector<AccountCommit> commits;
    std::vector<Group*> committing;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (auto commit = decide_group(*open[i], records[i])) {
        commits.push_back(std::move(*commit));
        committing.push_back(open[i]);
      }
    }
    std::vector<CommitResult> results(commits.size(), CommitResult::failed);
    if (prepare_) prepare_(reports_);
    if (!commits.empty()) commit_error_ = store_.commit(commits, results);

    // From here to the next attempt memory that runs out changes no more than the words of errors.
    for (std::size_t i = 0; i < commits.size(); ++i)
      take_result(*committing[i], commits[i], results[i]);
    for (Group* const one : open) {
      if (one->stage == Stage::decided) one->stage = Stage::closed;
    }
  }

  std::optional<HostError> load(const std::vector<Group*>& open,
                                std::vector<AccountRecord>& records) {
    std::vector<std::string_view> names(open.size());
    std::ranges::transform(open, names.begin(), [](const Group* one) { return one->account; });
    if (auto error = store_.load(names, records)) return error;
    if (records.size() == names.size()) return std::nullopt;
    return HostError{"load gave " + std::to_string(records.size()) + " accounts of " +
                     std::to_string(names.size())};
  }

  // What is to be stored of a group; nothing if there is nothing, or if the group ended here.
  std::optional<AccountCommit> decide_group(Group& one, AccountRecord& record) {
    if (const auto wrong = put_right(record, one.account)) {
      end_group(one, lost(one), *wrong, reports_);
      return std::nullopt;
    }
    // Events without a sequence, such as down and up again, would take effect twice if they were
    // decided on top of themselves.
    if (one.in_doubt && is_stored(record, *one.in_doubt)) {
      one.stage = Stage::closed;
      return std::nullopt;
    }
    // Others committed since, so nobody can tell whether this was stored before: it stays unknown,
    // unless repeating it is safe.
    const bool others_on_top = one.in_doubt && record.revision > one.in_doubt->revision;
    if (others_on_top && !is_repeatable(one, events_)) {
      end_group(one, EventStatus::unknown, why(), reports_);
      return std::nullopt;
    }
    Work work(std::move(record), options_, now_);
    if (const auto wrong = work.open()) {
      end_group(one, lost(one), *wrong, reports_);
      return std::nullopt;
    }
    for (const std::size_t i : one.events) {
      if (auto wrong = work.apply(events_[i].event, reports_[i])) {
        reports_[i] = {EventStatus::refused, account_error(one.account, *wrong), {}};
      }
    }
    if (work.touched()) return work.finish();
    // What has no effect on top of others may have had it before them, outputs and all.
    if (others_on_top) {
      end_group(one, EventStatus::unknown, why(), reports_);
    } else {
      one.stage = Stage::decided;
    }
    return std::nullopt;
  }

  void take_result(Group& one, AccountCommit& commit, CommitResult result) noexcept {
    switch (result) {
      case CommitResult::committed:
        is_stored_ = true;
        one.stage = Stage::closed;
        return;
      case CommitResult::conflict: return;
      case CommitResult::unknown:
        // The next attempt finds out whether it was stored, and decides again if not.
        is_stored_ = true;
        one.in_doubt = std::move(commit.after);
        return;
      case CommitResult::failed: end_group(one, lost(one), why(), reports_); return;
    }
    end_group(one, lost(one), "the store answered with no result that there is", reports_);
  }

  std::string_view why() const noexcept {
    return commit_error_ ? std::string_view(commit_error_->what) : "the store could not commit it";
  }

  Store& store_;
  const MonitorOptions& options_;
  std::span<const AccountEvent> events_;
  Instant now_;
  const Monitor::Prepare& prepare_;
  std::vector<EventReport> reports_;
  std::optional<HostError> commit_error_;  // of the chunk's last commit
  bool is_stored_ = false;  // by any chunk, or may be: then std::bad_alloc must not leave apply
};

// A walk over what the store gives in parts. A cursor that comes again would do so for ever: it is
// compared with an earlier one, which follows it at parts 1, 2, 4, 8 ... (Brent), so that a circle
// of any length is found, without a memory of all of it.
class Walk {
 public:
  explicit Walk(const char* what) noexcept : what_(what) {}

  // Asks for the next part.
  template <class Item, class Ask>
  std::optional<HostError> next(std::vector<Item>& items, const Ask& ask) {
    items.clear();
    if (auto error = ask(cursor_)) return error;
    if (items.empty()) return std::nullopt;
    cursor_.goes_on = true;
    if (cursor_ == earlier_) {
      return HostError{std::string(what_) + ": the cursor came again: (" +
                       std::to_string(cursor_.at) + ", " + quoted(cursor_.text) + ")"};
    }
    if (++part_ == mark_) {
      earlier_ = cursor_;
      mark_ *= 2;
    }
    return std::nullopt;
  }

 private:
  const char* what_;
  WalkCursor cursor_;
  WalkCursor earlier_;  // differs from every other, in goes_on, until there is one
  std::uint64_t part_ = 0;
  std::uint64_t mark_ = 1;
};

}  // namespace

std::string_view name(DeliveryState state) noexcept {
  switch (state) {
    case DeliveryState::pending: return "pending";
    case DeliveryState::sent: return "sent";
    case DeliveryState::failed: return "failed";
  }
  return "";
}

std::string_view name(EventStatus status) noexcept {
  switch (status) {
    case EventStatus::committed: return "committed";
    case EventStatus::unchanged: return "unchanged";
    case EventStatus::refused: return "refused";
    case EventStatus::conflict: return "conflict";
    case EventStatus::unknown: return "unknown";
    case EventStatus::failed: return "failed";
  }
  return "";
}

Monitor::Monitor(Store& store, Courier& courier, MonitorOptions options)
    : store_(store), courier_(courier), options_(std::move(options)) {}

EventReport Monitor::observe(std::string_view account, const BalanceObservation& observation,
                             Instant now) {
  const AccountEvent change{account, observation};
  return std::move(apply({&change, 1}, now).front());
}

EventReport Monitor::enable(std::string_view account, std::string_view alert, const Enable& event,
                            Instant now) {
  const AccountEvent change{account, AlertEnable{alert, event}};
  return std::move(apply({&change, 1}, now).front());
}

EventReport Monitor::set_threshold(std::string_view account, std::string_view alert,
                                   const SetThreshold& event, Instant now) {
  const AccountEvent change{account, AlertSetThreshold{alert, event}};
  return std::move(apply({&change, 1}, now).front());
}

EventReport Monitor::disable(std::string_view account, std::string_view alert, const Disable& event,
                             Instant now) {
  const AccountEvent change{account, AlertDisable{alert, event}};
  return std::move(apply({&change, 1}, now).front());
}

EventReport Monitor::rebase(std::string_view account, const Rebase& event, Instant now) {
  const AccountEvent change{account, event};
  return std::move(apply({&change, 1}, now).front());
}

std::vector<EventReport> Monitor::apply(std::span<const AccountEvent> events, Instant now,
                                        const Prepare& prepare) {
  return Application(store_, options_, events, now, prepare).run();
}

TickReport Monitor::tick(Instant at, Instant end, bool inclusive) {
  TickReport report;
  try {
    Walk walk("due");
    for (std::vector<std::string> accounts(1); !accounts.empty();) {
      make_room(report.errors, 1);
      if (auto error = walk.next(accounts, [&](WalkCursor& cursor) {
            return store_.due(end, inclusive, accounts_per_commit(options_), cursor, accounts);
          })) {
        report.errors.push_back(std::move(error->what));
        return report;
      }
      // An account with two reminders due at different instants comes twice; once is enough.
      std::ranges::sort(accounts);
      accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
      std::vector<AccountEvent> changes(accounts.size());
      std::ranges::transform(accounts, changes.begin(), [&](const std::string& account) {
        return AccountEvent{account, AccountTick{at, end, inclusive}};
      });
      make_room(report.errors, changes.size() + 1);
      for (EventReport& one : apply(changes, at)) {
        if (!one.error.empty()) report.errors.push_back(std::move(one.error));
        report.accounts += one.status == EventStatus::committed ? 1 : 0;
        for (const AlertDecision& decision : one.decisions)
          report.outputs += decision.outputs.size();
      }
    }
  } catch (const std::bad_alloc&) {
    // What was ticked is told; there is room for one error more.
    if (report.accounts == 0 && report.errors.empty()) throw;
    report.errors.emplace_back(no_memory);
  }
  return report;
}

DeliveryReport Monitor::deliver(Instant now) {
  DeliveryReport report;
  try {
    Walk walk("pending");
    for (std::vector<Delivery> deliveries(1); !deliveries.empty();) {
      make_room(report.errors, 1);
      if (auto error = walk.next(deliveries, [&](WalkCursor& cursor) {
            return store_.pending(deliveries_per_page, cursor, deliveries);
          })) {
        report.errors.push_back(std::move(error->what));
        return report;
      }
      for (const Delivery& delivery : deliveries) {
        // Two of this delivery's, and one more: between handing over and recording it nothing may
        // fail.
        make_room(report.errors, 3);
        const auto tell = [&](std::string_view what) {
          report.errors.push_back(in_words([&] {
            return account_error(delivery.notice.account,
                                 delivery.channel + ": " + std::string(what));
          }));
        };
        if (!delivery.damage.empty()) {
          tell(delivery.damage);
          ++report.postponed;
          continue;
        }
        const HandoverResult result = courier_.deliver(delivery);
        if (result.handover != Handover::sent) tell(result.error);
        if (result.handover != Handover::sent && result.handover != Handover::failed) {
          ++report.postponed;
          continue;
        }
        const bool sent = result.handover == Handover::sent;
        if (const auto error = store_.record_delivery(
                delivery, sent ? DeliveryState::sent : DeliveryState::failed, result.error, now)) {
          tell(error->what);
          ++report.postponed;
          continue;
        }
        ++(sent ? report.sent : report.failed);
      }
    }
  } catch (const std::bad_alloc&) {
    // What was sent is told; there is room for one error more.
    if (report.sent + report.failed + report.postponed == 0 && report.errors.empty()) throw;
    report.errors.emplace_back(no_memory);
  }
  return report;
}

}  // namespace lowtide

// SPDX-License-Identifier: Apache-2.0
// Writes the stream of alerts and observations that all peers decide. It is the same on every
// machine. peers.py runs it.
//
//     peers_stream FOLDER ALERTS
//
// - FOLDER/alerts.tsv: one line per alert, as it is before the first round. The columns are id,
//   threshold, count, time_of_day, utc_offset, phase, episode, fired_at, fire_day, last_reminder,
//   reminders_sent, stop_reason, available_credit, sequence. An empty column means not present.
// - FOLDER/round-N.tsv: one observation of each alert per round, in the order of the ids. The
// columns
//   are id, at, sequence, cash_balance, credit_limit, credit_refunds, unsettled_current_month,
//   unsettled_previous_months. An empty sequence means none.
// - FOLDER/tick: the instant of a tick of all alerts after the last round.
//
// Nearly all accounts stay above their thresholds. One in 40 has all kinds of observations: below
// the threshold, at it, one unit away from it, below 0, unchanged, with late and with repeated
// sequences. It begins in any phase, also in the middle of an episode. Whole parts are below 10^9,
// so that decimals of 28 digits, which one of the peers uses, are exact too.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace {

__extension__ typedef __int128 int128;  // NOLINT(modernize-use-using): __extension__ takes no alias

constexpr int rounds = 5;
constexpr std::int64_t start = 1'772'352'000;  // 2026-03-01T00:00:00Z
constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;
// When each round begins: about a day apart. Some days have no round, so that reminders are
// skipped.
constexpr std::array<std::int64_t, rounds> begins = {start, start + 23 * hour, start + 47 * hour,
                                                     start + 122 * hour, start + 146 * hour};
constexpr std::int64_t tick_at = start + 195 * hour;

constexpr std::uint64_t units_in_one = 1'000'000'000'000'000'000;

class Random {
 public:
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1)));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // A random amount below `whole`, a multiple of `step` units.
  int128 amount(std::uint64_t whole, std::uint64_t step) {
    const std::uint64_t fraction = below(units_in_one / step) * step;
    return static_cast<int128>(below(whole)) * units_in_one + fraction;
  }

 private:
  std::mt19937_64 engine_{20260301};
};

std::string text(int128 units) {
  const bool negative = units < 0;
  const int128 size = negative ? -units : units;
  std::string fraction = std::to_string(static_cast<std::uint64_t>(size % units_in_one));
  fraction.insert(0, 18 - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  std::string result =
      (negative ? "-" : "") + std::to_string(static_cast<std::uint64_t>(size / units_in_one));
  return fraction.empty() ? result : result + "." + fraction;
}

enum Phase : int { off = 0, armed = 1, alerting = 2, quiet = 3 };
enum Reason : int { none = 0, recovered = 1, overdue = 2, completed = 3, disabled = 5 };

struct Alert {
  bool restless = false;
  std::uint64_t step = 1;  // the smallest part of its amounts
  int128 threshold = 0;
  int count = 5;
  int time_of_day = -1;
  int utc_offset = 0;
  Phase phase = armed;
  std::int64_t episode = 0;
  std::int64_t fired_at = 0;
  std::int64_t fire_day = 0;
  int last_reminder = 0;
  int reminders_sent = 0;
  Reason stop_reason = none;
  bool observed = true;
  int128 credit = 0;
  std::int64_t sequence = 0;
};

void schedule(Random& random, Alert& alert) {
  if (random.one_in(4)) alert.count = static_cast<int>(random.one_in(10) ? 255 : random.below(9));
  if (random.one_in(2)) alert.time_of_day = static_cast<int>(random.between(0, 24 * 60 - 1));
  if (random.one_in(2)) alert.utc_offset = static_cast<int>(random.between(-48, 56)) * 15;
}

// An episode that began in the days before the stream. It may be over.
void begin_episode(Random& random, Alert& alert) {
  alert.episode = random.between(1, 40);
  alert.fired_at = start - random.between(1, 6 * day);
  alert.fire_day = (alert.fired_at + std::int64_t{alert.utc_offset} * 60) / day;
  if (alert.count > 0)
    alert.last_reminder = static_cast<int>(
        random.below(static_cast<std::uint64_t>(alert.count < 6 ? alert.count : 6)));
  if (alert.last_reminder > 0)
    alert.reminders_sent = static_cast<int>(random.between(1, alert.last_reminder));
}

// A random valid alert in any phase. The invariants are in docs/semantics.md, "What is stored of an
// alert".
void begin_restless(Random& random, Alert& alert) {
  if (random.one_in(12)) alert.threshold = 0;
  const bool can_be_low = alert.threshold > 0;
  alert.phase = static_cast<Phase>(random.below(4));
  if (alert.phase == alerting && (!can_be_low || alert.count == 0)) alert.phase = armed;
  const int128 low =
      can_be_low ? alert.threshold - 1 - random.amount(90, alert.step) : -1 - random.amount(90, 1);
  switch (alert.phase) {
    case off:
    case armed:
      alert.credit = random.one_in(2) ? low : alert.threshold + random.amount(500, alert.step);
      if (random.one_in(2)) {
        begin_episode(random, alert);
        alert.stop_reason = alert.phase == off ? disabled : recovered;
      } else if (random.one_in(2)) {
        alert.observed = false;
      }
      break;
    case alerting:
      begin_episode(random, alert);
      alert.credit = low;
      break;
    case quiet:
      alert.credit = low;
      if (random.one_in(4)) break;  // waits for a recovery, and has never fired
      begin_episode(random, alert);
      alert.stop_reason = random.one_in(2) ? overdue : completed;
      break;
  }
}

Alert make_alert(Random& random) {
  constexpr std::array<std::uint64_t, 4> steps = {10'000'000'000'000'000, 1'000'000'000'000,
                                                  1'000'000, 1};
  Alert alert;
  alert.restless = random.one_in(40);
  alert.step = steps[random.below(steps.size())];
  // At least 100, so that a slightly lower amount is still positive.
  alert.threshold =
      100 * static_cast<int128>(units_in_one) + random.amount(10'000, 10'000'000'000'000'000);
  alert.sequence = random.one_in(20) ? 0 : random.between(1, 1'000'000'000);
  schedule(random, alert);
  if (alert.restless) {
    begin_restless(random, alert);
    return alert;
  }
  alert.credit = alert.threshold + random.amount(50'000, alert.step);
  if (random.one_in(25)) alert.phase = off;
  if (random.one_in(50)) alert.observed = false;
  if (random.one_in(10)) {
    begin_episode(random, alert);
    alert.stop_reason = alert.phase == off ? disabled : recovered;
    alert.observed = true;
  }
  return alert;
}

int128 next_credit(Random& random, const Alert& alert) {
  if (!alert.restless)
    return random.one_in(20) ? alert.credit : alert.threshold + random.amount(50'000, alert.step);
  switch (random.below(16)) {
    case 0: return alert.threshold;
    case 1: return alert.threshold - 1;
    case 2: return alert.threshold + 1;
    case 3: return 0;
    case 4: return -1;
    case 5: return -random.amount(1000, alert.step);
    case 6: return alert.credit;
    case 7:
    case 8:
    case 9: return alert.threshold + random.amount(100, alert.step);
    default: return alert.threshold - 1 - random.amount(90, alert.step);
  }
}

// The sequence of the next observation; 0: none. It grows with the stream, even if the observation
// is stale for the alert.
std::int64_t next_sequence(Random& random, Alert& alert) {
  if (random.one_in(alert.restless ? 10 : 200))
    return alert.sequence > 1 ? random.between(alert.sequence / 2 + 1, alert.sequence) : 0;
  if (random.one_in(100)) return 0;
  return alert.sequence += random.between(1, 3);
}

std::FILE* open(const std::string& folder, const std::string& name) {
  std::FILE* const file = std::fopen((folder + "/" + name).c_str(), "w");
  if (file == nullptr) {
    std::perror(name.c_str());
    std::exit(1);
  }
  return file;
}

void close(std::FILE* file) {
  if (std::fclose(file) == 0) return;
  std::perror("peers_stream");
  std::exit(1);
}

std::string present(bool is, std::int64_t value) { return is ? std::to_string(value) : ""; }

void write(std::FILE* file, std::size_t id, const Alert& a) {
  const bool fired = a.episode > 0;
  std::fprintf(
      file, "%zu\t%s\t%d\t%s\t%d\t%d\t%lld\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", id,
      text(a.threshold).c_str(), a.count, present(a.time_of_day >= 0, a.time_of_day).c_str(),
      a.utc_offset, static_cast<int>(a.phase), static_cast<long long>(a.episode),
      present(fired, a.fired_at).c_str(), present(fired, a.fire_day).c_str(), a.last_reminder,
      a.reminders_sent, present(a.stop_reason != none, a.stop_reason).c_str(),
      a.observed ? text(a.credit).c_str() : "", present(a.sequence > 0, a.sequence).c_str());
}

void write_change(std::FILE* file, std::size_t id, std::int64_t at, std::int64_t sequence,
                  Random& random, const Alert& alert) {
  const int128 limit = static_cast<int128>(random.below(100)) * 100 * units_in_one;
  const int128 refunds = random.amount(200, 10'000'000'000'000'000);
  const int128 current = random.amount(20'000, alert.step);
  const int128 previous = random.one_in(2) ? 0 : random.amount(20'000, alert.step);
  const int128 cash = alert.credit - limit - refunds + current + previous;
  std::fprintf(file, "%zu\t%lld\t%s\t%s\t%s\t%s\t%s\t%s\n", id, static_cast<long long>(at),
               present(sequence > 0, sequence).c_str(), text(cash).c_str(), text(limit).c_str(),
               text(refunds).c_str(), text(current).c_str(), text(previous).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: peers_stream FOLDER ALERTS\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  const std::size_t count = std::strtoull(argv[2], nullptr, 10);
  std::FILE* const alerts = open(folder, "alerts.tsv");
  std::array<std::FILE*, rounds> files{};
  for (int i = 0; i < rounds; ++i)
    files[static_cast<std::size_t>(i)] = open(folder, "round-" + std::to_string(i + 1) + ".tsv");
  Random random;
  for (std::size_t id = 0; id < count; ++id) {
    Alert alert = make_alert(random);
    write(alerts, id, alert);
    for (std::size_t round = 0; round < rounds; ++round) {
      alert.credit = next_credit(random, alert);
      const std::int64_t sequence = next_sequence(random, alert);
      write_change(files[round], id, begins[round] + random.between(0, 3 * hour), sequence, random,
                   alert);
    }
  }
  close(alerts);
  for (std::FILE* file : files) close(file);
  std::FILE* const tick = open(folder, "tick");
  std::fprintf(tick, "%lld\n", static_cast<long long>(tick_at));
  close(tick);
}

// SPDX-License-Identifier: Apache-2.0
// Compares engine and oracle after each event of random accounts with several alerts, at the ends
// of every range.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "chance.hpp"
#include "engine.hpp"
#include "event.hpp"
#include "exercised.hpp"
#include "oracle.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t day = 86400;
constexpr std::int64_t last_instant = 253402300799;

// A random account: a clock, a few amounts that occur again and again, and a few alerts with a
// history each.
class RandomAccount {
 public:
  explicit RandomAccount(std::uint64_t seed) : chance_(seed) {
    constexpr std::array<std::int64_t, 5> starts = {0, 3 * day, 1772438400, last_instant - 6 * day,
                                                    last_instant};
    clock_ = chance_.pick(starts);
    for (Units& amount : amounts_) amount = any_amount();
    for (TestedAlert& one : alerts_) {
      if (chance_.one_in(2)) continue;
      // An alert that is added later starts with the last Available Credit of the account, as if it
      // had been observed while the alert was off.
      const Units credit = any_amount();
      one.alert = lowtide::Alert::on_account(amount(credit), std::nullopt);
      one.history.append(balance(0, credit));
    }
  }

  // Applies one event to one alert, or to all of them if it is an event of the account. Returns the
  // number of decisions that were compared.
  std::uint64_t apply_event() {
    move_clock();
    const Event event = any_event();
    const bool of_account = event.kind == Kind::balance || event.kind == Kind::rebase;
    if (event.kind == Kind::balance && event.sequence > sequence_) sequence_ = event.sequence;
    if (event.kind == Kind::rebase) sequence_ = event.sequence;
    const std::size_t chosen = chance_.below(alerts_.size());
    std::uint64_t compared = 0;
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      if (!of_account && i != chosen) continue;
      TestedAlert& one = alerts_[i];
      const auto decision = apply(one.alert, event);
      const Answer& answer = one.history.append(event);
      std::string what = difference(one.alert, decision, one.history, answer);
      if (what.empty()) what = check_storage(one.alert);
      if (!what.empty()) FAIL(what << "\nafter " << describe(event));
      if (decision) outputs_ += decision->outputs.size();
      ++compared;
    }
    return compared;
  }

  std::uint64_t outputs() const { return outputs_; }

 private:
  struct TestedAlert {
    lowtide::Alert alert;
    History history;
  };

  // Moves the clock by seconds to days, or not at all, or back, or to the next reminder of an alert
  // or near it, or to an end of the range.
  void move_clock() {
    switch (chance_.below(8)) {
      case 0: break;
      case 1: clock_ += chance_.between(1, day); break;
      case 2: clock_ += chance_.between(1, 3) * day + chance_.between(-1, 1); break;
      case 3: clock_ += chance_.between(-2 * day, 0); break;
      case 4:
      case 5:
      case 6:
        if (const auto next = alerts_[chance_.below(alerts_.size())].history.next_reminder_at())
          clock_ = *next + chance_.between(-1, 1);
        break;
      default:
        if (chance_.one_in(20))
          clock_ = chance_.one_in(2) ? chance_.between(0, 2 * day)
                                     : last_instant - chance_.between(0, 2 * day);
        if (chance_.one_in(20)) clock_ += chance_.between(4, 300) * day;
        break;
    }
    clock_ = std::clamp<std::int64_t>(clock_, 0, last_instant);
  }

  Units any_amount() {
    switch (chance_.below(6)) {
      case 0: return moved(lowest, chance_.between(0, 2));
      case 1: return moved(highest, chance_.between(-2, 0));
      case 2: return units(chance_.between(-2, 2));
      case 3: return {static_cast<std::int64_t>(chance_.bits()), chance_.bits()};
      // Where the halves of an amount meet: a comparison of only one half would be wrong here.
      case 4: return {chance_.between(-1, 1), chance_.one_in(2) ? UINT64_MAX : 0};
      default: return units(chance_.between(-1000, 1000));
    }
  }

  Units known_amount() { return moved(chance_.pick(amounts_), chance_.between(-1, 1)); }

  Units any_threshold() {
    const Units threshold = known_amount();
    return threshold < Units{} ? Units{} : threshold;
  }

  Plan any_plan() {
    constexpr std::array<std::int64_t, 6> few = {0, 1, 2, 3, 254, 255};
    constexpr std::array<std::int64_t, 6> times = {-1, -1, 0, 1, 1439, 540};
    constexpr std::array<std::int64_t, 7> offsets = {-1439, -1438, -1, 0, 1, 1438, 1439};
    return {.count = chance_.one_in(4) ? chance_.between(0, 255) : chance_.pick(few),
            .time_of_day = chance_.one_in(4) ? chance_.between(0, 1439) : chance_.pick(times),
            .utc_offset = chance_.one_in(4) ? chance_.between(-1439, 1439) : chance_.pick(offsets)};
  }

  std::int64_t any_sequence() {
    if (chance_.one_in(2)) return 0;
    if (chance_.one_in(50)) return INT64_MAX - chance_.between(0, 2);
    const std::int64_t step = chance_.between(-1, 2);
    return step > INT64_MAX - sequence_ ? sequence_ : std::max<std::int64_t>(sequence_ + step, 1);
  }

  Event any_event() {
    const bool recovery_first = chance_.one_in(3);
    switch (chance_.below(16)) {
      case 0: return enable(clock_, any_threshold(), recovery_first);
      case 1:
      case 2: return enable(clock_, any_threshold(), any_plan(), recovery_first);
      case 3: return set_threshold(clock_, any_threshold(), recovery_first);
      case 4: return chance_.one_in(3) ? disable(clock_) : tick(clock_);
      case 5: return chance_.one_in(3) ? rebase(clock_, any_sequence()) : tick(clock_);
      case 6:
      case 7:
      case 8:
      case 9: return tick(clock_);
      default: return balance(clock_, known_amount(), any_sequence());
    }
  }

  Chance chance_;
  std::int64_t clock_ = 0;
  std::int64_t sequence_ = 0;
  std::array<Units, 5> amounts_;
  std::array<TestedAlert, 4> alerts_;
  std::uint64_t outputs_ = 0;
};

TEST_CASE("oracle: the engine agrees on random events of accounts with several alerts") {
  const std::uint64_t accounts = scaled(2000);
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;
  std::uint64_t outputs = 0;
  for (std::uint64_t seed = 1; seed <= accounts; ++seed) {
    RandomAccount account(seed);
    for (int i = 0; i < 500; ++i) {
      decisions += account.apply_event();
      ++events;
    }
    outputs += account.outputs();
  }
  exercised(at_scale("random lives").c_str(), events, "events", scaled(1000000));
  exercised(at_scale("random lives").c_str(), decisions, "steps compared", scaled(1000000));
  exercised(at_scale("random lives").c_str(), outputs, "outputs compared", scaled(100000));
}

}  // namespace

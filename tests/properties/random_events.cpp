// SPDX-License-Identifier: Apache-2.0
// Random accounts with several alerts, at the ends of every range, engine against oracle after each
// event.
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

using namespace properties;  // NOLINT(google-build-using-namespace): this file is one chapter of it

constexpr std::int64_t day = 86400;
constexpr std::int64_t last_instant = 253402300799;

// One account's life: a place in time, amounts that keep coming back, and a few alerts with a
// history each.
class Life {
 public:
  explicit Life(std::uint64_t seed) : chance_(seed) {
    constexpr std::array<std::int64_t, 5> starts = {0, 3 * day, 1772438400, last_instant - 6 * day,
                                                    last_instant};
    clock_ = chance_.pick(starts);
    for (Units& amount : amounts_) amount = any_amount();
    for (One& one : alerts_) {
      if (chance_.one_in(2)) continue;
      // An alert that joins later knows what the account last showed, as an observation while it
      // was off would have told it.
      const Units credit = any_amount();
      one.alert = lowtide::Alert::on_account(amount(credit), std::nullopt);
      one.history.append(balance(0, credit));
    }
  }

  // Lets one event happen to one alert, or a change to all of them. The number of decisions
  // compared.
  std::uint64_t live() {
    pass_time();
    const Event event = any_event();
    const bool of_account = event.kind == Kind::balance || event.kind == Kind::rebase;
    if (event.kind == Kind::balance && event.sequence > sequence_) sequence_ = event.sequence;
    if (event.kind == Kind::rebase) sequence_ = event.sequence;
    const std::size_t chosen = chance_.below(alerts_.size());
    std::uint64_t compared = 0;
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      if (!of_account && i != chosen) continue;
      One& one = alerts_[i];
      const auto outcome = happen(one.alert, event);
      const Answer& answer = one.history.append(event);
      std::string what = difference(one.alert, outcome, one.history, answer);
      if (what.empty()) what = lost_in_storage(one.alert);
      if (!what.empty()) FAIL(what << "\nafter " << describe(event));
      if (outcome) outputs_ += outcome->outputs.size();
      ++compared;
    }
    return compared;
  }

  std::uint64_t outputs() const { return outputs_; }

 private:
  struct One {
    lowtide::Alert alert;
    History history;
  };

  // Hours to days go by, or none, or the clock jumps back, to an alert's next reminder or next to
  // it, or to an end of time.
  void pass_time() {
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
      // The halves of an amount meet here; an order that looks at one half only goes wrong.
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
  std::array<One, 4> alerts_;
  std::uint64_t outputs_ = 0;
};

TEST_CASE(
    "the engine agrees with the oracle on long random lives of accounts with several alerts") {
  const std::uint64_t lives = scaled(2000);
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;
  std::uint64_t outputs = 0;
  for (std::uint64_t seed = 1; seed <= lives; ++seed) {
    Life life(seed);
    for (int i = 0; i < 500; ++i) {
      decisions += life.live();
      ++events;
    }
    outputs += life.outputs();
  }
  exercised(at_scale("random lives").c_str(), events, "events", scaled(1000000));
  exercised(at_scale("random lives").c_str(), decisions, "steps compared", scaled(1000000));
  exercised(at_scale("random lives").c_str(), outputs, "outputs compared", scaled(100000));
}

}  // namespace

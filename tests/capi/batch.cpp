// SPDX-License-Identifier: Apache-2.0
// A batch decides what single calls decide, bit for bit, whatever the alerts and observations are,
// however they lie, and wherever it stops.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "batch_worlds.hpp"
#include "calls.hpp"
#include "exercised.hpp"
#include "scale.hpp"

namespace {

using namespace capi;

constexpr std::uint64_t eight_days = 691200;

}  // namespace

TEST_CASE("batch_observe: decides what single calls decide") {
  std::mt19937_64 random(1);
  Counts counts;
  const std::uint64_t worlds = scaled(60'000);
  for (std::uint64_t w = 0; w < worlds; ++w) {
    World world = some_world(random);
    const std::size_t stride = sizeof(lowtide_observation) + 8 * (random() % 3);
    std::vector<unsigned char> observations(world.results.size() * stride + 1);
    const auto at = [&](std::size_t i) {
      return as<lowtide_observation>(observations.data() + i * stride);
    };
    for (std::size_t i = 0; i < world.results.size(); ++i) {
      *at(i) = some_observation(random);
      // An observation longer than the stride is an error in a batch; a single call would read the
      // bytes behind it.
      if (at(i)->struct_size > stride) at(i)->struct_size = sizeof(lowtide_observation);
    }
    const World expected =
        one_by_one(world, [&](lowtide_decision& decision, lowtide_alert& alert, std::size_t i) {
          return lowtide_alert_observe(&decision, &alert, &alert, at(i));
        });
    const std::uint64_t calls =
        play(world, some_room(random), some_stride(random), [&](auto* report, const auto* batch) {
          return lowtide_batch_observe(report, batch, at(0), stride);
        });
    compare(counts, world, expected, calls);
  }
  CHECK(counts.disagreements == 0);
  exercised("elements of batches decided like single calls", counts.elements, "elements",
            scaled(1'000'000));
  exercised("of these, refused ones", counts.failed, "elements", scaled(100'000));
  exercised("their outputs", counts.outputs, "outputs", scaled(40'000));
  exercised("stops for want of room, and going on", counts.stops, "stops", scaled(10'000));
}

TEST_CASE("batch_observe_columns: decides what single calls decide") {
  std::mt19937_64 random(2);
  Counts counts;
  const std::uint64_t worlds = scaled(60'000);
  for (std::uint64_t w = 0; w < worlds; ++w) {
    World world = some_world(random);
    const std::size_t count = world.results.size();
    auto columns = sized<lowtide_observation_columns>();
    columns.flags = random() % 4 == 0 ? LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT
                                      : LOWTIDE_OBSERVATION_HAS_BALANCE;
    if (random() % 4 != 0) columns.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE;
    std::vector<lowtide_observation> observations(std::max<std::size_t>(count, 1));
    for (lowtide_observation& observation : observations) {
      observation = some_observation(random);
      observation.struct_size = sizeof observation;
      observation.flags = columns.flags;
    }
    // A column is dense, a field in an array of structs, or one value for all.
    std::vector<std::vector<lowtide_amount>> memory;
    memory.reserve(8);
    const bool all_dense = random() % 2 == 0;
    const auto lay_out = [&](lowtide_column& column, auto lowtide_observation::*field) {
      using T = std::remove_reference_t<decltype(observations[0].*field)>;
      const std::uint64_t form = all_dense ? 7 : random() % 8;
      if (form == 0) {
        for (lowtide_observation& observation : observations)
          observation.*field = observations[0].*field;
        column = {&(observations[0].*field), LOWTIDE_COLUMN_ONE_FOR_ALL};
      } else if (form < 3) {
        column = {&(observations[0].*field), sizeof(lowtide_observation)};
      } else {
        memory.emplace_back(observations.size());
        auto* const dense = as<T>(memory.back().data());
        for (std::size_t i = 0; i < observations.size(); ++i) dense[i] = observations[i].*field;
        column = {dense, sizeof(T)};
      }
    };
    lay_out(columns.at, &lowtide_observation::at);
    lay_out(columns.sequence, &lowtide_observation::sequence);
    lay_out(columns.cash_balance, &lowtide_observation::cash_balance);
    lay_out(columns.credit_limit, &lowtide_observation::credit_limit);
    lay_out(columns.credit_refunds, &lowtide_observation::credit_refunds);
    lay_out(columns.unsettled_current_month, &lowtide_observation::unsettled_current_month);
    lay_out(columns.unsettled_previous_months, &lowtide_observation::unsettled_previous_months);
    lay_out(columns.available_credit, &lowtide_observation::available_credit);
    // Columns that the flags do not name are not read.
    if ((columns.flags & LOWTIDE_OBSERVATION_HAS_SEQUENCE) == 0) columns.sequence = {nullptr, 3};
    if ((columns.flags & LOWTIDE_OBSERVATION_HAS_BALANCE) == 0) columns.credit_limit = {nullptr, 7};
    const World expected =
        one_by_one(world, [&](lowtide_decision& decision, lowtide_alert& alert, std::size_t i) {
          return lowtide_alert_observe(&decision, &alert, &alert, &observations[i]);
        });
    const std::uint64_t calls =
        play(world, some_room(random), some_stride(random), [&](auto* report, const auto* batch) {
          return lowtide_batch_observe_columns(report, batch, &columns);
        });
    compare(counts, world, expected, calls);
  }
  CHECK(counts.disagreements == 0);
  exercised("elements of batches by columns decided like single calls", counts.elements, "elements",
            scaled(1'000'000));
  exercised("of these, refused ones", counts.failed, "elements", scaled(100'000));
  exercised("their outputs", counts.outputs, "outputs", scaled(40'000));
}

TEST_CASE("batch_tick: decides what single calls decide") {
  std::mt19937_64 random(3);
  Counts counts;
  const std::uint64_t worlds = scaled(60'000);
  for (std::uint64_t w = 0; w < worlds; ++w) {
    World world = some_world(random);
    // Half of the alerts wait for a reminder, at an instant close to it.
    auto at = static_cast<std::int64_t>(random() % capi::last_instant);
    for (lowtide_alert& alert : world.alerts) {
      if (random() % 2 != 0) continue;
      alert = capi::alerting();
      at = start + static_cast<std::int64_t>(random() % eight_days);
    }
    const World expected =
        one_by_one(world, [&](lowtide_decision& decision, lowtide_alert& alert, std::size_t) {
          return lowtide_alert_tick(&decision, &alert, &alert, at);
        });
    const std::uint64_t calls = play(
        world, some_room(random), some_stride(random),
        [&](auto* report, const auto* batch) { return lowtide_batch_tick(report, batch, at); });
    compare(counts, world, expected, calls);
  }
  CHECK(counts.disagreements == 0);
  exercised("elements of batches ticked like single calls", counts.elements, "elements",
            scaled(1'000'000));
  exercised("of these, refused ones", counts.failed, "elements", scaled(100'000));
  exercised("their outputs", counts.outputs, "outputs", scaled(40'000));
}

TEST_CASE("batch_read: reads what single calls read") {
  std::mt19937_64 random(4);
  const lowtide_amount limit = [] {
    lowtide_amount amount{};
    REQUIRE(lowtide_amount_parse(&amount, "100000000000000000000", 21) == LOWTIDE_OK);
    return amount;
  }();
  const auto beyond_38_digits = [&](const lowtide_amount& amount) {
    std::int32_t above = 0;
    std::int32_t below = 0;
    const lowtide_amount zero{};
    lowtide_amount lowest{};
    REQUIRE(lowtide_amount_subtract(&lowest, &zero, &limit) == LOWTIDE_OK);
    REQUIRE(lowtide_amount_compare(&above, &amount, &limit) == LOWTIDE_OK);
    REQUIRE(lowtide_amount_compare(&below, &amount, &lowest) == LOWTIDE_OK);
    return above >= 0 || below <= 0;
  };
  std::uint64_t elements = 0;
  std::uint64_t too_wide = 0;
  const std::uint64_t worlds = scaled(30'000);
  for (std::uint64_t w = 0; w < worlds; ++w) {
    World world = some_world(random);
    // Some amounts near 10^20, the least that has 39 digits.
    for (lowtide_alert& alert : world.alerts) {
      if (random() % 4 != 0) continue;
      lowtide_amount near = limit;
      near.low += random() % 3 - 1;
      if (random() % 2 == 0) {
        const lowtide_amount zero{};
        REQUIRE(lowtide_amount_subtract(&near, &zero, &near) == LOWTIDE_OK);
      }
      std::memcpy(&alert.opaque[random() % 2 * 2], &near, sizeof near);
    }
    if (!world.alerts.empty()) world.alerts[0] = capi::alerting();
    const std::vector<lowtide_alert> before = world.alerts;
    const std::size_t count = world.results.size();
    std::vector<std::uint32_t> present(count + 1, 9);
    std::vector<lowtide_amount> threshold(count + 1, {9, 9});
    std::vector<lowtide_amount> credit(count + 1, {9, 9});
    std::vector<std::int64_t> sequence(count + 1, 9);
    std::vector<std::int64_t> fired_at(count + 1, 9);
    std::vector<std::int64_t> next(count + 1, 9);
    std::vector<std::uint32_t> episode(count + 1, 9);
    std::vector<std::uint8_t> phase(count + 1, 9);
    auto columns = sized<lowtide_alert_columns>();
    columns.present = present.data();
    columns.threshold = threshold.data();
    columns.available_credit = credit.data();
    columns.sequence = sequence.data();
    columns.fired_at = fired_at.data();
    columns.next_reminder_at = next.data();
    columns.episode = episode.data();
    columns.phase = phase.data();
    const bool with_amounts = random() % 4 != 0;
    if (!with_amounts) columns.threshold = columns.available_credit = nullptr;
    play(world, 0, sizeof(lowtide_batch_decision), [&](auto* report, const auto* batch) {
      return lowtide_batch_read(report, batch, &columns);
    });
    CHECK(same(world.alerts, before));
    for (std::size_t i = 0; i < count; ++i) {
      auto fields = sized<lowtide_alert_fields>();
      lowtide_status status = LOWTIDE_OUT_OF_RANGE;
      if (world.alert_of(i) < world.alerts.size())
        status = lowtide_alert_read(&fields, &world.alerts[world.alert_of(i)]);
      if (status == LOWTIDE_OK && with_amounts &&
          (beyond_38_digits(fields.threshold) || beyond_38_digits(fields.available_credit))) {
        status = LOWTIDE_OVERFLOW;
        ++too_wide;
      }
      if (status != LOWTIDE_OK) fields = sized<lowtide_alert_fields>();
      std::uint32_t has_next = 0;
      std::int64_t next_at = 0;
      if (status == LOWTIDE_OK) {
        REQUIRE(lowtide_alert_next_reminder_at(&has_next, &next_at,
                                               &world.alerts[world.alert_of(i)]) == LOWTIDE_OK);
      }
      if (!with_amounts) {
        threshold[i] = fields.threshold;
        credit[i] = fields.available_credit;
      }
      const std::uint32_t flags =
          (fields.flags & (LOWTIDE_ALERT_COLUMN_HAS_AVAILABLE_CREDIT |
                           LOWTIDE_ALERT_COLUMN_HAS_SEQUENCE | LOWTIDE_ALERT_COLUMN_HAS_FIRED_AT)) |
          (has_next != 0 ? LOWTIDE_ALERT_COLUMN_HAS_NEXT_REMINDER_AT : 0);
      const bool alike =
          world.results[i].status == status && world.results[i].phase == fields.phase &&
          world.results[i].why == 0 && present[i] == flags &&
          std::memcmp(&threshold[i], &fields.threshold, 16) == 0 &&
          std::memcmp(&credit[i], &fields.available_credit, 16) == 0 &&
          sequence[i] == fields.sequence && fired_at[i] == fields.fired_at && next[i] == next_at &&
          episode[i] == fields.episode && phase[i] == fields.phase;
      CHECK(alike);
      ++elements;
    }
    CHECK((present[count] == 9 && threshold[count].low == 9 && sequence[count] == 9 &&
           episode[count] == 9 && phase[count] == 9));
  }
  exercised("alerts read into columns as single calls read them", elements, "alerts",
            scaled(400'000));
  exercised("of these, with an amount of more than 38 digits", too_wide, "alerts", scaled(5'000));
}

TEST_CASE("batch: threads on parts of it decide what one thread decides") {
  std::mt19937_64 random(5);
  const std::size_t count = scaled(200'000) / 4 * 4;
  std::vector<lowtide_alert> alerts(count);
  std::vector<lowtide_observation> observations(count);
  for (std::size_t i = 0; i < count; ++i) {
    alerts[i] = some_alert(random);
    observations[i] = some_observation(random);
    observations[i].struct_size = sizeof observations[i];
  }
  std::vector<lowtide_alert> expected = alerts;
  std::vector<lowtide_batch_result> results(count);
  std::vector<lowtide_batch_result> expected_results(count);
  const auto decide = [&](std::vector<lowtide_alert>& on, std::vector<lowtide_batch_result>& into,
                          std::size_t from, std::size_t to) {
    std::vector<lowtide_batch_decision> decisions(to - from);
    auto batch = sized<lowtide_batch>();
    batch.count = batch.alert_count = to - from;
    batch.alerts = on.data() + from;
    batch.results = into.data() + from;
    batch.decisions = decisions.data();
    batch.decision_capacity = to - from;
    batch.decision_stride = sizeof decisions[0];
    auto report = sized<lowtide_batch_report>();
    if (lowtide_batch_observe(&report, &batch, observations.data() + from,
                              sizeof observations[0]) != LOWTIDE_OK)
      std::abort();
  };
  decide(expected, expected_results, 0, count);
  std::vector<std::thread> threads;
  for (std::size_t part = 0; part < 4; ++part) {
    threads.emplace_back(
        [&, part] { decide(alerts, results, part * (count / 4), (part + 1) * (count / 4)); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(same(alerts, expected));
  CHECK(same(results, expected_results));
  exercised("elements decided by four threads as by one", count, "elements",
            scaled(200'000) / 4 * 4);
}

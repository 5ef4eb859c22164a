// SPDX-License-Identifier: Apache-2.0
// Wrong memory in every place of a batch: the right error is returned, and nothing is decided.
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <type_traits>

#include <doctest/doctest.h>

#include <lowtide.h>

#include "calls.hpp"
#include "exercised.hpp"
#include "values.hpp"

namespace {

using capi::as;
using capi::met;
using capi::sized;
using capi::start;

// A batch of three elements, with room for all decisions, in memory that is compared afterwards.
struct Three {
  std::array<lowtide_alert, 3> alerts{};
  std::array<std::uint64_t, 3> index{2, 1, 0};
  std::array<lowtide_batch_result, 3> results{};
  std::array<lowtide_batch_decision, 3> decisions{};
  std::array<lowtide_observation, 3> observations{};
  std::array<std::int64_t, 3> at{start, start, start};
  std::array<lowtide_amount, 3> amounts{};
  lowtide_batch batch = sized<lowtide_batch>();
  lowtide_observation_columns columns = sized<lowtide_observation_columns>();
  lowtide_alert_columns read = sized<lowtide_alert_columns>();
  std::array<std::uint32_t, 4>
      episode{};  // one more than is used, so that no byte of this is padding
  lowtide_batch_report report = sized<lowtide_batch_report>();
  std::size_t stride = sizeof(lowtide_observation);

  Three() {
    for (lowtide_alert& alert : alerts) REQUIRE(lowtide_alert_init(&alert) == LOWTIDE_OK);
    for (lowtide_observation& observation : observations) {
      observation = sized<lowtide_observation>();
      observation.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
      observation.at = start;
    }
    batch.flags = LOWTIDE_BATCH_HAS_INDEX;
    batch.count = 3;
    batch.alerts = alerts.data();
    batch.alert_count = 3;
    batch.index = index.data();
    batch.results = results.data();
    batch.decisions = decisions.data();
    batch.decision_capacity = 3;
    batch.decision_stride = sizeof decisions[0];
    columns.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
    columns.at = {at.data(), 8};
    columns.available_credit = {amounts.data(), 16};
    read.episode = episode.data();
  }
  ~Three() = default;
  Three(const Three&) = delete;
  Three(Three&&) = delete;
  Three& operator=(const Three&) = delete;
  Three& operator=(Three&&) = delete;

  lowtide_status observe() {
    return lowtide_batch_observe(&report, &batch, observations.data(), stride);
  }
  lowtide_status observe_columns() {
    return lowtide_batch_observe_columns(&report, &batch, &columns);
  }
  lowtide_status tick() { return lowtide_batch_tick(&report, &batch, start); }
  lowtide_status read_columns() { return lowtide_batch_read(&report, &batch, &read); }
};

std::uint64_t refusals = 0;

// Checks that each of the calls returns `expected` after the fault, and writes nothing.
void refused(lowtide_status expected, const std::function<void(Three&)>& fault,
             std::initializer_list<lowtide_status (Three::*)()> calls) {
  for (const auto call : calls) {
    Three three;
    fault(three);
    std::array<unsigned char, sizeof three> before{};
    std::memcpy(before.data(), &three, sizeof three);
    CHECK(met((three.*call)()) == expected);
    CHECK(std::memcmp(before.data(), &three, sizeof three) ==
          0);  // NOLINT(bugprone-suspicious-memory-comparison): all bytes are meant
    ++refusals;
  }
}

template <class T>
T* moved(T* pointer, std::size_t bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  return as<T>(as<unsigned char>(const_cast<std::remove_const_t<T>*>(pointer)) + bytes);
}

}  // namespace

TEST_CASE("batch: wrong memory is refused, and nothing is decided") {
  const auto observe = &Three::observe;
  const auto columns = &Three::observe_columns;
  const auto tick = &Three::tick;
  const auto read = &Three::read_columns;
  for (const auto call : {observe, columns, tick, read}) {
    Three three;
    CHECK((three.*call)() == LOWTIDE_OK);
    CHECK(three.report.done == 3);
  }

  const auto all = {observe, columns, tick, read};
  refused(
      LOWTIDE_NULL_ARGUMENT, [](Three& t) { t.batch.alerts = nullptr; }, all);
  refused(
      LOWTIDE_NULL_ARGUMENT, [](Three& t) { t.batch.index = nullptr; }, all);
  refused(
      LOWTIDE_NULL_ARGUMENT, [](Three& t) { t.batch.results = nullptr; }, all);
  refused(LOWTIDE_NULL_ARGUMENT, [](Three& t) { t.batch.decisions = nullptr; },
          {observe, columns, tick});
  refused(LOWTIDE_NULL_ARGUMENT, [](Three& t) { t.columns.at.data = nullptr; }, {columns});
  refused(LOWTIDE_NULL_ARGUMENT, [](Three& t) { t.columns.available_credit.data = nullptr; },
          {columns});
  refused(LOWTIDE_NULL_ARGUMENT,
          [](Three& t) {
            t.columns.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
            t.columns.cash_balance = t.columns.credit_limit = t.columns.credit_refunds =
                t.columns.available_credit;
            t.columns.unsettled_current_month = t.columns.available_credit;
          },
          {columns});
  refused(
      LOWTIDE_MISALIGNED, [](Three& t) { t.batch.alerts = moved(t.batch.alerts, 4); }, all);
  refused(
      LOWTIDE_MISALIGNED, [](Three& t) { t.batch.index = moved(t.batch.index, 1); }, all);
  refused(
      LOWTIDE_MISALIGNED, [](Three& t) { t.batch.results = moved(t.batch.results, 2); }, all);
  refused(LOWTIDE_MISALIGNED, [](Three& t) { t.batch.decisions = moved(t.batch.decisions, 4); },
          {observe, columns, tick});
  refused(LOWTIDE_MISALIGNED, [](Three& t) { t.columns.at.data = moved(t.at.data(), 4); },
          {columns});
  refused(LOWTIDE_MISALIGNED, [](Three& t) { t.read.episode = moved(t.read.episode, 2); }, {read});

  // Strides that are too small or no multiple of 8, and lengths beyond all memory.
  refused(LOWTIDE_STRIDE, [](Three& t) { t.stride = sizeof(lowtide_observation) - 8; }, {observe});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.stride = sizeof(lowtide_observation) + 4; }, {observe});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.stride = 0; }, {observe});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.stride = SIZE_MAX / 2 - 7; }, {observe});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.batch.decision_stride = 176; },
          {observe, columns, tick});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.batch.decision_capacity = SIZE_MAX; },
          {observe, columns, tick});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.columns.at.stride = 4; }, {columns});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.columns.at.stride = 0; }, {columns});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.columns.at.stride = 12; }, {columns});
  refused(LOWTIDE_STRIDE, [](Three& t) { t.columns.available_credit.stride = 8; }, {columns});
  refused(
      LOWTIDE_STRIDE, [](Three& t) { t.batch.count = SIZE_MAX; }, all);
  refused(
      LOWTIDE_STRIDE, [](Three& t) { t.batch.alert_count = SIZE_MAX / 64; }, all);

  // An output overlaps something.
  refused(
      LOWTIDE_OVERLAP,
      [](Three& t) { t.batch.results = as<lowtide_batch_result>(&t.alerts[2].opaque[7]); }, all);
  refused(LOWTIDE_OVERLAP, [](Three& t) { t.batch.index = &t.alerts[1].opaque[7]; },
          {observe, columns, tick});
  refused(
      LOWTIDE_OVERLAP, [](Three& t) { t.batch.index = as<std::uint64_t>(&t.results[2]); }, all);
  refused(LOWTIDE_OVERLAP,
          [](Three& t) { t.batch.decisions = as<lowtide_batch_decision>(t.results.data()); },
          {observe, columns, tick});
  refused(LOWTIDE_OVERLAP, [](Three& t) { t.batch.alerts = as<lowtide_alert>(&t.observations[1]); },
          {observe});
  refused(
      LOWTIDE_OVERLAP, [](Three& t) { t.batch.results = as<lowtide_batch_result>(&t.batch); }, all);
  refused(
      LOWTIDE_OVERLAP, [](Three& t) { t.batch.results = as<lowtide_batch_result>(&t.report); },
      all);
  refused(LOWTIDE_OVERLAP, [](Three& t) { t.columns.at.data = &t.results[1]; }, {columns});
  refused(LOWTIDE_OVERLAP,
          [](Three& t) {
            t.columns.at = {&t.alerts[2].opaque[3], LOWTIDE_COLUMN_ONE_FOR_ALL};
          },
          {columns});
  refused(LOWTIDE_OVERLAP, [](Three& t) { t.read.episode = as<std::uint32_t>(t.alerts.data()); },
          {read});
  refused(LOWTIDE_OVERLAP, [](Three& t) { t.read.present = &t.episode[1]; }, {read});

  refused(
      LOWTIDE_FLAGS, [](Three& t) { t.batch.flags |= 2; }, all);
  refused(LOWTIDE_FLAGS, [](Three& t) { t.columns.flags = 0; }, {columns});
  refused(LOWTIDE_FLAGS, [](Three& t) { t.columns.flags |= 8; }, {columns});
  refused(LOWTIDE_FLAGS, [](Three& t) { t.read.flags = 1; }, {read});
  refused(
      LOWTIDE_OUT_OF_RANGE, [](Three& t) { t.batch.first = 4; }, all);
  refused(LOWTIDE_OUT_OF_RANGE, [](Three& t) { t.batch.decision_capacity = 0; },
          {observe, columns, tick});
  refused(
      LOWTIDE_OUT_OF_RANGE,
      [](Three& t) {
        t.batch.flags = 0;
        t.batch.alert_count = 2;
      },
      all);
  Three three;
  CHECK(lowtide_batch_tick(&three.report, &three.batch, -1) == LOWTIDE_TIME_RANGE);
  exercised("batches refused without a write", refusals, "calls", 90);
}

TEST_CASE("batch_observe: the last observation ends where its struct_size says") {
  std::array<std::uint64_t, 34> memory{};
  auto* const observations = as<lowtide_observation>(memory.data());
  constexpr std::size_t stride = sizeof(lowtide_observation) + 16;
  static_assert(sizeof memory == 2 * stride);
  for (std::size_t i = 0; i < 2; ++i) {
    auto* const observation = as<lowtide_observation>(memory.data() + i * stride / 8);
    observation->struct_size = stride;
    observation->flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
    observation->at = start;
  }
  std::array<lowtide_alert, 2> alerts{};
  for (lowtide_alert& alert : alerts) REQUIRE(lowtide_alert_init(&alert) == LOWTIDE_OK);
  std::array<lowtide_batch_decision, 1> decisions{};
  auto batch = sized<lowtide_batch>();
  batch.count = batch.alert_count = 2;
  batch.alerts = alerts.data();
  batch.results = as<lowtide_batch_result>(memory.data() + memory.size() -
                                           2);  // behind the known fields of the last change
  batch.decisions = decisions.data();
  batch.decision_capacity = 1;
  batch.decision_stride = sizeof decisions[0];
  auto report = sized<lowtide_batch_report>();
  CHECK(lowtide_batch_observe(&report, &batch, observations, stride) == LOWTIDE_OVERLAP);
  as<lowtide_observation>(memory.data() + stride / 8)->struct_size = sizeof(lowtide_observation);
  CHECK(lowtide_batch_observe(&report, &batch, observations, stride) == LOWTIDE_OK);
}

TEST_CASE("batch: one without elements succeeds and needs no memory") {
  auto batch = sized<lowtide_batch>();
  auto report = sized<lowtide_batch_report>();
  report.done = 9;
  const auto observation = sized<lowtide_observation>();
  CHECK(lowtide_batch_observe(&report, &batch, &observation, 0) == LOWTIDE_OK);
  CHECK(report.done == 0);
  auto columns = sized<lowtide_observation_columns>();
  columns.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
  CHECK(lowtide_batch_observe_columns(&report, &batch, &columns) == LOWTIDE_OK);
  CHECK(lowtide_batch_tick(&report, &batch, start) == LOWTIDE_OK);
  const auto read = sized<lowtide_alert_columns>();
  CHECK(lowtide_batch_read(&report, &batch, &read) == LOWTIDE_OK);
}

TEST_CASE(
    "batch_observe: an observation longer than the stride is refused, and the next is decided") {
  std::array<lowtide_observation, 2> observations{};
  for (lowtide_observation& observation : observations) {
    observation = sized<lowtide_observation>();
    observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
    observation.at = start;
  }
  observations[0].struct_size += 8;
  std::array<lowtide_alert, 2> alerts{};
  for (lowtide_alert& alert : alerts) REQUIRE(lowtide_alert_init(&alert) == LOWTIDE_OK);
  std::array<lowtide_batch_result, 2> results{};
  std::array<lowtide_batch_decision, 1> decisions{};
  auto batch = sized<lowtide_batch>();
  batch.decisions = decisions.data();
  batch.decision_capacity = 1;
  batch.decision_stride = sizeof decisions[0];
  batch.count = batch.alert_count = 2;
  batch.alerts = alerts.data();
  batch.results = results.data();
  auto report = sized<lowtide_batch_report>();
  REQUIRE(lowtide_batch_observe(&report, &batch, observations.data(), sizeof observations[0]) ==
          LOWTIDE_OK);
  CHECK(results[0].status == LOWTIDE_STRUCT_SIZE);
  CHECK(results[1].status == LOWTIDE_OK);
  CHECK(report.failed_count == 1);
}

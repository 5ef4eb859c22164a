// SPDX-License-Identifier: Apache-2.0
// Precedence of errors: batches.
#include "precedence.hpp"

namespace capi {
namespace {

// A batch of one element. The status of the element is returned if the call succeeds.
struct Batch : State {
  std::uint64_t index = 1;
  lowtide_batch_result result = {};
  lowtide_batch_decision decision = {};
  lowtide_batch_report report_value = sized<lowtide_batch_report>();
  lowtide_batch_report* report = &report_value;
  lowtide_batch batch_value = sized<lowtide_batch>();
  lowtide_batch* batch = &batch_value;
  std::size_t stride = sizeof(lowtide_observation);
  lowtide_observation_columns from_value = sized<lowtide_observation_columns>();
  lowtide_observation_columns* from = &from_value;
  lowtide_amount balance_columns[5] = {};
  lowtide_alert_columns to_value = sized<lowtide_alert_columns>();
  lowtide_alert_columns* to = &to_value;
  std::uint32_t episode = 0;

  Batch() {
    batch->flags = LOWTIDE_BATCH_HAS_INDEX;
    batch->count = 1;
    batch->alerts = alerts;
    batch->alert_count = 2;
    batch->index = &index;
    batch->results = &result;
    batch->decisions = &decision;
    batch->decision_capacity = 1;
    batch->decision_stride = sizeof decision;
    observation->flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
    from->flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
    from->at = {&at, sizeof at};
    from->sequence = {&sequence, sizeof sequence};
    from->cash_balance = {&balance_columns[0], sizeof(lowtide_amount)};
    from->credit_limit = {&balance_columns[1], sizeof(lowtide_amount)};
    from->credit_refunds = {&balance_columns[2], sizeof(lowtide_amount)};
    from->unsettled_current_month = {&balance_columns[3], sizeof(lowtide_amount)};
    from->unsettled_previous_months = {&balance_columns[4], sizeof(lowtide_amount)};
    to->threshold = amounts;
    to->episode = &episode;
  }
  // Gives the alert of the element a threshold of more than 38 digits.
  void widen() {
    fields->threshold = {UINT64_MAX, INT64_MAX};
    const char* field = "";
    REQUIRE(lowtide_alert_restore(before, &field, fields) == LOWTIDE_OK);
  }
};

// Faults of the structs of a batch. `in` is a pointer argument other than the report.
template <class T>
std::vector<Fault> batch_structs(Batch& s, T** in) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.report = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [in] { *in = off(*in); }},
          {LOWTIDE_STRUCT_SIZE, [&] { s.batch_value.struct_size = 0; }},
          {LOWTIDE_OVERLAP,
           [&] {
             // The report lies in the batch. Its size is read as `first`, which is then out of
             // range too.
             s.batch_value.first = sizeof *s.report;
             s.report = over<lowtide_batch_report>(&s.batch_value.first);
           },
           1}};
}
// Faults of the memory that all batches point to.
std::vector<Fault> batch_nulls(Batch& s) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.batch_value.results = nullptr; }, 2}};
}
std::vector<Fault> batch_misaligned(Batch& s) {
  return {{LOWTIDE_MISALIGNED, [&] { s.batch_value.index = off(&s.index); }}};
}
std::vector<Fault> batch_strides(Batch& s) {
  return {{LOWTIDE_STRIDE, [&] { s.batch_value.alert_count = SIZE_MAX; }, 3}};
}
std::vector<Fault> batch_overlaps(Batch& s) {
  return {
      {LOWTIDE_OVERLAP, [&] { s.batch_value.results = over<lowtide_batch_result>(&s.index); }, 2}};
}
std::vector<Fault> decision_strides(Batch& s) {
  return {{LOWTIDE_STRIDE, [&] { s.batch_value.decision_stride = 8; }}};
}
std::vector<Fault> decision_overlaps(Batch& s) {
  return {
      {LOWTIDE_OVERLAP, [&] { s.batch_value.decisions = over<lowtide_batch_decision>(s.alerts); }}};
}
std::vector<Fault> batch_flags(Batch& s) {
  return {{LOWTIDE_FLAGS, [&] { s.batch_value.flags |= 2U; }}};
}
std::vector<Fault> batch_ranges(Batch& s) {
  return {{LOWTIDE_OUT_OF_RANGE, [&] {
             if (s.batch_value.first == 0) s.batch_value.first = 2;
           }}};
}
// Faults of an element.
std::vector<Fault> element_ranges(Batch& s) {
  return {{LOWTIDE_OUT_OF_RANGE, [&] { s.index = 2; }}};
}
std::vector<Fault> element_alerts(Batch& s) {
  return {{LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }}};
}

}  // namespace

std::vector<Make> batch_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<Batch>();
      return Scene{function, faults(*s), [s, call] {
                     const lowtide_status whole = call(*s);
                     return whole == LOWTIDE_OK ? s->result.status : whole;
                   }};
    });
  };
  using Faults = std::vector<Fault>;
  add(
      "lowtide_batch_observe",
      [](Batch& s) {
        const Faults elements = {
            {LOWTIDE_STRUCT_SIZE, [&] { s.observation_value.struct_size = 0; }},
            {LOWTIDE_FLAGS, [&] { s.observation_value.flags |= 8U; }}};
        const Faults values = {{LOWTIDE_TIME_RANGE, [&] { s.observation_value.at = never; }},
                               {LOWTIDE_SEQUENCE_RANGE,
                                [&] {
                                  s.observation_value.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE,
                                      s.observation_value.sequence = 0;
                                }},
                               {LOWTIDE_OVERFLOW, [&] {
                                  s.observation_value.cash_balance.high =
                                      s.observation_value.credit_limit.high = INT64_MAX;
                                }}};
        return joined(
            {batch_structs(s, &s.observation), batch_nulls(s), batch_misaligned(s),
             batch_strides(s), decision_strides(s), Faults{{LOWTIDE_STRIDE, [&] { s.stride = 8; }}},
             batch_overlaps(s), decision_overlaps(s),
             Faults{{LOWTIDE_OVERLAP,
                     [&] {
                       s.batch_value.decisions = over<lowtide_batch_decision>(&s.observation_value);
                     }}},
             batch_flags(s), batch_ranges(s), element_ranges(s), elements, element_alerts(s),
             values});
      },
      [](Batch& s) { return lowtide_batch_observe(s.report, s.batch, s.observation, s.stride); });
  add(
      "lowtide_batch_observe_columns",
      [](Batch& s) {
        const Faults values = {
            {LOWTIDE_TIME_RANGE, [&] { s.at = never; }},
            {LOWTIDE_SEQUENCE_RANGE,
             [&] { s.from_value.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE, s.sequence = 0; }},
            {LOWTIDE_OVERFLOW,
             [&] { s.balance_columns[0].high = s.balance_columns[1].high = INT64_MAX; }}};
        return joined(
            {batch_structs(s, &s.from), batch_nulls(s),
             Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.from_value.at.data = nullptr; }, 4}},
             batch_misaligned(s),
             Faults{{LOWTIDE_MISALIGNED,
                     [&] { s.from_value.cash_balance.data = off(s.balance_columns); }}},
             batch_strides(s), decision_strides(s),
             Faults{{LOWTIDE_STRIDE, [&] { s.from_value.credit_limit.stride = 8; }}},
             batch_overlaps(s), decision_overlaps(s),
             Faults{{LOWTIDE_OVERLAP,
                     [&] {
                       s.from_value.at = {&s.alerts[0].opaque[1], LOWTIDE_COLUMN_ONE_FOR_ALL};
                     },
                     4}},
             batch_flags(s), Faults{{LOWTIDE_FLAGS, [&] { s.from_value.flags |= 8U; }}},
             batch_ranges(s), element_ranges(s), element_alerts(s), values});
      },
      [](Batch& s) { return lowtide_batch_observe_columns(s.report, s.batch, s.from); });
  add(
      "lowtide_batch_tick",
      [](Batch& s) {
        return joined({batch_structs(s, &s.batch), batch_nulls(s), batch_misaligned(s),
                       batch_strides(s), decision_strides(s), batch_overlaps(s),
                       decision_overlaps(s), batch_flags(s), batch_ranges(s),
                       Faults{{LOWTIDE_TIME_RANGE, [&] { s.at = never; }}}, element_ranges(s),
                       element_alerts(s)});
      },
      [](Batch& s) { return lowtide_batch_tick(s.report, s.batch, s.at); });
  add(
      "lowtide_batch_read",
      [](Batch& s) {
        return joined({batch_structs(s, &s.to), batch_nulls(s), batch_misaligned(s),
                       Faults{{LOWTIDE_MISALIGNED, [&] { s.to_value.threshold = off(s.amounts); }}},
                       batch_strides(s), batch_overlaps(s),
                       Faults{{LOWTIDE_OVERLAP,
                               [&] { s.to_value.episode = over<std::uint32_t>(&s.alerts[1]); }}},
                       batch_flags(s), Faults{{LOWTIDE_FLAGS, [&] { s.to_value.flags = 1; }}},
                       batch_ranges(s), element_ranges(s), element_alerts(s),
                       Faults{{LOWTIDE_OVERFLOW, [&] { s.widen(); }}}});
      },
      [](Batch& s) { return lowtide_batch_read(s.report, s.batch, s.to); });
  return all;
}

}  // namespace capi

// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <cstdlib>
#include <set>

#include "values.hpp"

namespace capi {
namespace {

void require(lowtide_status status) {
  if (status != LOWTIDE_OK) std::abort();
}

lowtide_decision fired(lowtide_alert& alert) {
  lowtide_decision decision{};
  decision.struct_size = sizeof decision;
  const char* field = "";
  const lowtide_enable on = an_enable();
  const lowtide_observation low = an_observation("900", start + day);
  require(lowtide_alert_init(&alert));
  require(lowtide_alert_enable(&decision, &alert, &field, &alert, &on));
  require(lowtide_alert_observe(&decision, &alert, &alert, &low));
  return decision;
}

lowtide_alert_fields fields() {
  lowtide_alert_fields fields{};
  fields.struct_size = sizeof fields;
  const lowtide_alert alert = alerting();
  require(lowtide_alert_read(&fields, &alert));
  return fields;
}

std::vector<unsigned char> encoded() {
  std::vector<unsigned char> bytes(LOWTIDE_ALERT_BYTES);
  std::size_t size = 0;
  const lowtide_alert alert = alerting();
  require(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &alert));
  bytes.resize(size);
  return bytes;
}

std::vector<Call> amount_calls() {
  const Argument a = in(amount("12.5"));
  const Argument b = in(amount("-3"));
  return {
      {"lowtide_amount_parse",
       {out<lowtide_amount>(), text("12.5")},
       [](const auto& p) {
         return lowtide_amount_parse(as<lowtide_amount>(p[0]), as<char>(p[1]), 4);
       }},
      {"lowtide_amount_format",
       {out<std::size_t>(), buffer(LOWTIDE_AMOUNT_TEXT_SIZE), a},
       [](const auto& p) {
         return lowtide_amount_format(as<std::size_t>(p[0]), as<char>(p[1]),
                                      LOWTIDE_AMOUNT_TEXT_SIZE, as<lowtide_amount>(p[2]));
       }},
      {"lowtide_amount_add",
       {out<lowtide_amount>(1, 2), a, b},
       [](const auto& p) {
         return lowtide_amount_add(as<lowtide_amount>(p[0]), as<lowtide_amount>(p[1]),
                                   as<lowtide_amount>(p[2]));
       }},
      {"lowtide_amount_subtract",
       {out<lowtide_amount>(1, 2), a, b},
       [](const auto& p) {
         return lowtide_amount_subtract(as<lowtide_amount>(p[0]), as<lowtide_amount>(p[1]),
                                        as<lowtide_amount>(p[2]));
       }},
      {"lowtide_amount_compare",
       {out<std::int32_t>(), a, b},
       [](const auto& p) {
         return lowtide_amount_compare(as<std::int32_t>(p[0]), as<lowtide_amount>(p[1]),
                                       as<lowtide_amount>(p[2]));
       }},
      {"lowtide_balance_available_credit",
       {out<lowtide_amount>(), in_struct(lowtide_balance{})},
       [](const auto& p) {
         return lowtide_balance_available_credit(as<lowtide_amount>(p[0]),
                                                 as<lowtide_balance>(p[1]));
       }},
  };
}

std::vector<Call> alert_calls() {
  Argument bytes;
  bytes.bytes = encoded();
  const std::size_t size = bytes.bytes.size();
  const Argument alert = in(alerting());
  return {
      {"lowtide_alert_init",
       {out<lowtide_alert>()},
       [](const auto& p) { return lowtide_alert_init(as<lowtide_alert>(p[0])); }},
      {"lowtide_alert_init_observed",
       {out<lowtide_alert>(), in_struct(lowtide_last_observed{})},
       [](const auto& p) {
         return lowtide_alert_init_observed(as<lowtide_alert>(p[0]),
                                            as<lowtide_last_observed>(p[1]));
       }},
      {"lowtide_alert_read",
       {out_struct<lowtide_alert_fields>(), alert},
       [](const auto& p) {
         return lowtide_alert_read(as<lowtide_alert_fields>(p[0]), as<lowtide_alert>(p[1]));
       }},
      {"lowtide_alert_restore",
       {out<lowtide_alert>(), out<const char*>(), in_struct(fields())},
       [](const auto& p) {
         return lowtide_alert_restore(as<lowtide_alert>(p[0]), as<const char*>(p[1]),
                                      as<lowtide_alert_fields>(p[2]));
       }},
      {"lowtide_alert_check",
       {out<const char*>(), alert},
       [](const auto& p) {
         return lowtide_alert_check(as<const char*>(p[0]), as<lowtide_alert>(p[1]));
       }},
      {"lowtide_alert_encode",
       {out<std::size_t>(), buffer(LOWTIDE_ALERT_BYTES), alert},
       [](const auto& p) {
         return lowtide_alert_encode(as<std::size_t>(p[0]), as<std::uint8_t>(p[1]),
                                     LOWTIDE_ALERT_BYTES, as<lowtide_alert>(p[2]));
       }},
      {"lowtide_alert_decode",
       {out<lowtide_alert>(), out<const char*>(), bytes},
       [size](const auto& p) {
         return lowtide_alert_decode(as<lowtide_alert>(p[0]), as<const char*>(p[1]),
                                     as<std::uint8_t>(p[2]), size);
       }},
      {"lowtide_alert_next_reminder_at",
       {out<std::uint32_t>(), out<std::int64_t>(), alert},
       [](const auto& p) {
         return lowtide_alert_next_reminder_at(as<std::uint32_t>(p[0]), as<std::int64_t>(p[1]),
                                               as<lowtide_alert>(p[2]));
       }},
  };
}

std::vector<Call> decision_calls() {
  const Argument alert = in(alerting());
  lowtide_set_threshold set{};
  set.at = start;
  return {
      {"lowtide_alert_observe",
       {out_struct<lowtide_decision>(), out<lowtide_alert>(2), alert,
        in_struct(an_observation("950", start + day))},
       [](const auto& p) {
         return lowtide_alert_observe(as<lowtide_decision>(p[0]), as<lowtide_alert>(p[1]),
                                      as<lowtide_alert>(p[2]), as<lowtide_observation>(p[3]));
       }},
      {"lowtide_alert_tick",
       {out_struct<lowtide_decision>(), out<lowtide_alert>(2), alert},
       [](const auto& p) {
         return lowtide_alert_tick(as<lowtide_decision>(p[0]), as<lowtide_alert>(p[1]),
                                   as<lowtide_alert>(p[2]), start + 2 * day);
       }},
      {"lowtide_alert_enable",
       {out_struct<lowtide_decision>(), out<lowtide_alert>(3), out<const char*>(), alert,
        in_struct(an_enable())},
       [](const auto& p) {
         return lowtide_alert_enable(as<lowtide_decision>(p[0]), as<lowtide_alert>(p[1]),
                                     as<const char*>(p[2]), as<lowtide_alert>(p[3]),
                                     as<lowtide_enable>(p[4]));
       }},
      {"lowtide_alert_set_threshold",
       {out_struct<lowtide_decision>(), out<lowtide_alert>(2), alert, in_struct(set)},
       [](const auto& p) {
         return lowtide_alert_set_threshold(as<lowtide_decision>(p[0]), as<lowtide_alert>(p[1]),
                                            as<lowtide_alert>(p[2]),
                                            as<lowtide_set_threshold>(p[3]));
       }},
      {"lowtide_alert_disable",
       {out_struct<lowtide_decision>(), out<lowtide_alert>(2), alert},
       [](const auto& p) {
         return lowtide_alert_disable(as<lowtide_decision>(p[0]), as<lowtide_alert>(p[1]),
                                      as<lowtide_alert>(p[2]), start + 2 * day);
       }},
      {"lowtide_alert_rebase",
       {out<lowtide_alert>(1), alert},
       [](const auto& p) {
         return lowtide_alert_rebase(as<lowtide_alert>(p[0]), as<lowtide_alert>(p[1]), 7);
       }},
      {"lowtide_output_key",
       {out<std::size_t>(), buffer(LOWTIDE_KEY_SIZE), out<const char*>(), text("acme"),
        text("low_balance"), in_struct(fire())},
       [](const auto& p) {
         return lowtide_output_key(as<std::size_t>(p[0]), as<char>(p[1]), LOWTIDE_KEY_SIZE,
                                   as<const char*>(p[2]), as<char>(p[3]), 4, as<char>(p[4]), 11,
                                   as<lowtide_output>(p[5]));
       }},
  };
}

// A batch of one element, and what it works on.
lowtide_batch batch() {
  static lowtide_alert alert = alerting();
  static lowtide_batch_result result;
  static lowtide_batch_decision decision;
  lowtide_batch batch{};
  batch.count = 1;
  batch.alerts = &alert;
  batch.alert_count = 1;
  batch.results = &result;
  batch.decisions = &decision;
  batch.decision_capacity = 1;
  batch.decision_stride = sizeof decision;
  return batch;
}

lowtide_observation_columns change_columns() {
  static const std::int64_t at = start + day;
  static const lowtide_amount credit = amount("950");
  lowtide_observation_columns columns{};
  columns.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
  columns.at = {&at, sizeof at};
  columns.available_credit = {&credit, sizeof credit};
  return columns;
}

lowtide_alert_columns alert_columns() {
  static std::uint8_t phase;
  lowtide_alert_columns columns{};
  columns.phase = &phase;
  return columns;
}

std::vector<Call> batch_calls() {
  const Argument report = out_struct<lowtide_batch_report>();
  const Argument on = in_struct(batch());
  return {
      {"lowtide_batch_observe",
       {report, on, in(an_observation("950", start + day))},
       [](const auto& p) {
         return lowtide_batch_observe(as<lowtide_batch_report>(p[0]), as<lowtide_batch>(p[1]),
                                      as<lowtide_observation>(p[2]), sizeof(lowtide_observation));
       }},
      {"lowtide_batch_observe_columns",
       {report, on, in_struct(change_columns())},
       [](const auto& p) {
         return lowtide_batch_observe_columns(as<lowtide_batch_report>(p[0]),
                                              as<lowtide_batch>(p[1]),
                                              as<lowtide_observation_columns>(p[2]));
       }},
      {"lowtide_batch_tick",
       {report, on},
       [](const auto& p) {
         return lowtide_batch_tick(as<lowtide_batch_report>(p[0]), as<lowtide_batch>(p[1]),
                                   start + day);
       }},
      {"lowtide_batch_read",
       {report, on, in_struct(alert_columns())},
       [](const auto& p) {
         return lowtide_batch_read(as<lowtide_batch_report>(p[0]), as<lowtide_batch>(p[1]),
                                   as<lowtide_alert_columns>(p[2]));
       }},
  };
}

template <lowtide_status (*Function)(const char**, std::int32_t)>
Call name_call(const char* name) {
  return {
      name, {out<const char*>()}, [](const auto& p) { return Function(as<const char*>(p[0]), 1); }};
}

}  // namespace

namespace {

std::set<lowtide_status>& statuses_met() {
  static std::set<lowtide_status> statuses;
  return statuses;
}

}  // namespace

lowtide_status met(lowtide_status status) {
  statuses_met().insert(status);
  return status;
}

bool was_met(lowtide_status status) { return statuses_met().contains(status); }

lowtide_alert alerting() {
  lowtide_alert alert{};
  fired(alert);
  return alert;
}

lowtide_output fire() {
  lowtide_alert alert{};
  return fired(alert).outputs[0];
}

std::vector<Call> calls() {
  std::vector<Call> all = amount_calls();
  for (const auto& more : {alert_calls(), decision_calls(), batch_calls(), monitor_calls()})
    all.insert(all.end(), more.begin(), more.end());
  all.push_back(name_call<lowtide_phase_name>("lowtide_phase_name"));
  all.push_back(name_call<lowtide_stop_reason_name>("lowtide_stop_reason_name"));
  all.push_back(name_call<lowtide_why_name>("lowtide_why_name"));
  all.push_back(name_call<lowtide_why_sentence>("lowtide_why_sentence"));
  all.push_back(name_call<lowtide_output_kind_name>("lowtide_output_kind_name"));
  return all;
}

}  // namespace capi

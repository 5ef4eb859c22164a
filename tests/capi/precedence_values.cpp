// SPDX-License-Identifier: Apache-2.0
// Precedence of errors: amounts, balances, names.
#include "precedence.hpp"

namespace capi {

std::vector<Make> value_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<State>();
      return Scene{function, faults(*s), [s, call] { return s->run([&] { return call(*s); }); }};
    });
  };
  using Faults = std::vector<Fault>;
  add(
      "lowtide_amount_parse",
      [](State& s) {
        return Faults{
            {LOWTIDE_NULL_ARGUMENT, [&] { s.characters = nullptr; }, 2},
            {LOWTIDE_MISALIGNED, [&] { s.out = off(s.out); }, 1},
            {LOWTIDE_STRIDE, [&] { s.length = SIZE_MAX; }, 3},
            {LOWTIDE_OVERLAP, [&] { s.out = over<lowtide_amount>(s.text); }, 1},
            {LOWTIDE_OVERFLOW, [&] { s.length = std::strlen(std::strcpy(s.text, "1e999")); }, 3},
            {LOWTIDE_INEXACT, [&] { s.length = std::strlen(std::strcpy(s.text, "1e-19")); }, 3},
            {LOWTIDE_MALFORMED, [&] { s.length = std::strlen(std::strcpy(s.text, "x")); }, 3}};
      },
      [](State& s) { return lowtide_amount_parse(s.out, s.characters, s.length); });
  add(
      "lowtide_amount_format",
      [](State& s) {
        s.length = sizeof s.text;
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.characters = nullptr; }},
                      {LOWTIDE_MISALIGNED, [&] { s.size = off(s.size); }, 1},
                      {LOWTIDE_STRIDE, [&] { s.length = SIZE_MAX; }, 2},
                      {LOWTIDE_OVERLAP, [&] { s.size = over<std::size_t>(s.a); }, 1},
                      {LOWTIDE_BUFFER_TOO_SMALL, [&] { s.length = 0; }, 2}};
      },
      [](State& s) { return lowtide_amount_format(s.size, s.characters, s.length, s.a); });
  for (const bool sum : {true, false}) {
    add(
        sum ? "lowtide_amount_add" : "lowtide_amount_subtract",
        [sum](State& s) {
          return Faults{
              {LOWTIDE_NULL_ARGUMENT, [&] { s.a = nullptr; }, 1},
              {LOWTIDE_MISALIGNED, [&] { s.b = off(s.b); }},
              {LOWTIDE_OVERLAP, [&] { s.out = over<lowtide_amount>(&s.amounts[1].high); }},
              {LOWTIDE_OVERFLOW,
               [&s, sum] {
                 s.a->high = s.b->high = sum ? INT64_MAX : INT64_MIN, s.b->high = INT64_MAX;
               },
               1}};
        },
        [sum](State& s) {
          return sum ? lowtide_amount_add(s.out, s.a, s.b)
                     : lowtide_amount_subtract(s.out, s.a, s.b);
        });
  }
  add(
      "lowtide_amount_compare",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.a = nullptr; }},
                      {LOWTIDE_MISALIGNED, [&] { s.order = off(s.order); }, 1},
                      {LOWTIDE_OVERLAP, [&] { s.order = over<std::int32_t>(&s.b->high); }, 1}};
      },
      [](State& s) { return lowtide_amount_compare(s.order, s.a, s.b); });
  add(
      "lowtide_balance_available_credit",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.out = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.out = off(s.out); }, 1},
                      {LOWTIDE_STRUCT_SIZE, [&] { s.balance->struct_size = 8; }},
                      {LOWTIDE_OVERLAP, [&] { s.out = &s.balance->cash_balance; }, 1},
                      {LOWTIDE_FLAGS, [&] { s.balance->flags = 1; }},
                      {LOWTIDE_OVERFLOW, [&] {
                         s.balance->cash_balance.high = s.balance->credit_limit.high = INT64_MAX;
                       }}};
      },
      [](State& s) { return lowtide_balance_available_credit(s.out, s.balance); });
  using Name = lowtide_status (*)(const char**, std::int32_t);
  const std::pair<const char*, Name> names[] = {
      {"lowtide_phase_name", lowtide_phase_name},
      {"lowtide_stop_reason_name", lowtide_stop_reason_name},
      {"lowtide_why_name", lowtide_why_name},
      {"lowtide_why_sentence", lowtide_why_sentence},
      {"lowtide_output_kind_name", lowtide_output_kind_name}};
  for (const auto& [function, call] : names) {
    add(
        function,
        [](State& s) {
          return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.name = nullptr; }, 1},
                        {LOWTIDE_MISALIGNED, [&] { s.name = off(s.name); }, 1},
                        {LOWTIDE_CODE, [&] { s.code = 99; }}};
        },
        [one = call](State& s) { return one(s.name, s.code); });
  }
  return all;
}

}  // namespace capi

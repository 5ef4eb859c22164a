// SPDX-License-Identifier: Apache-2.0
// Sinks: what may be put into them and when, and that it is copied.
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "allocation.hpp"
#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

struct BadAccount {
  lowtide_status status;
  std::function<void(lowtide_account&, std::vector<lowtide_stored_alert>&)> spoil;
  std::string error{};  // the error in the report, if the put succeeds
};

}  // namespace

TEST_CASE("sink: is closed outside its callback") {
  Host host;
  lowtide_sink* closed = nullptr;
  lowtide_sink* closed_error = nullptr;
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    closed = accounts;
    closed_error = error;
    return LOWTIDE_HOST_OK;
  };
  const auto account = sized<lowtide_account>();
  const lowtide_text why = text_of("why");
  host.commit = [&](std::int32_t*, lowtide_sink*, const lowtide_commit*, std::size_t) {
    CHECK(met(lowtide_sink_put(closed, &account)) == LOWTIDE_SINK_CLOSED);
    return LOWTIDE_HOST_FAILED;
  };
  CHECK(host.enable() == LOWTIDE_UNKNOWN_RESULT);
  CHECK(lowtide_sink_put(closed, &account) == LOWTIDE_SINK_CLOSED);
  CHECK(lowtide_sink_put(closed_error, &why) == LOWTIDE_SINK_CLOSED);
  CHECK(lowtide_sink_put(closed, nullptr) == LOWTIDE_SINK_CLOSED);
  CHECK(lowtide_sink_put(nullptr, &why) == LOWTIDE_NULL_ARGUMENT);
}

TEST_CASE("sink: an account is checked completely, and an incomplete result is not used") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  const alert_row& row = host.memory->accounts[0].alerts[0];
  const std::string long_name(256, 'a');
  const std::vector<std::uint8_t> too_long(129, 1);
  const BadAccount rows[] = {
      {LOWTIDE_OK, [](auto&, auto&) {}},
      {LOWTIDE_STRUCT_SIZE, [](auto& a, auto&) { a.struct_size = 8; }},
      {LOWTIDE_STRUCT_SIZE, [](auto& a, auto&) { a.struct_size = 5000; }},
      {LOWTIDE_SINK_FULL, [](auto& a, auto&) { a.name = text_of("somebody_else"); }},
      {LOWTIDE_NULL_ARGUMENT,
       [](auto& a, auto&) {
         a.name = {nullptr, 4};
       }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.name.size = SIZE_MAX; }},
      {LOWTIDE_FLAGS, [](auto& a, auto&) { a.flags = 16; }},
      {LOWTIDE_OK, [](auto& a, auto&) { a.revision = -1; },
       "revision: must be 0 to 9223372036854775806: -1"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.revision = INT64_MAX; },
       "revision: must be 0 to 9223372036854775806: 9223372036854775807"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.reserved = 1; }, "reserved: must be 0: 1"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.flags = LOWTIDE_ACCOUNT_HAS_SEQUENCE; },
       "sequence: must be 1 to 9223372036854775807: 0"},
      {LOWTIDE_OK,
       [](auto& a, auto&) { a.flags = LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT, a.first_cost_at = -1; },
       "first_cost_at: must be 0 to 253402300799: -1"},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.reserved = 1, a.contact.size = 1; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.contact.size = 1; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.language.size = 1; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.currency.size = 1; }},
      {LOWTIDE_OK, [](auto& a, auto&) { a.currency_digits = 19; },
       "currency_digits: must be 0 to 18: 19"},
      {LOWTIDE_OK, [](auto& a, auto&) { a.currency_digits = 256 + 2; },
       "currency_digits: must be 0 to 18: 258"},
      {LOWTIDE_NULL_ARGUMENT, [](auto& a, auto&) { a.alerts = nullptr; }},
      {LOWTIDE_MISALIGNED,
       [](auto& a, auto&) {
         a.alerts = static_cast<const lowtide_stored_alert*>(static_cast<const void*>(
             static_cast<const char*>(static_cast<const void*>(a.alerts)) + 1));
       }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_stride = 0; }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_stride += 4; }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_stride -= 8; }},
      {LOWTIDE_STRIDE, [](auto& a, auto&) { a.alert_count = SIZE_MAX; }},
      {LOWTIDE_STRUCT_SIZE, [](auto&, auto& alerts) { alerts[0].struct_size = 0; }},
      {LOWTIDE_STRUCT_SIZE, [](auto&, auto& alerts) { alerts[0].struct_size += 8; }},
      {LOWTIDE_FLAGS, [](auto&, auto& alerts) { alerts[0].flags = 8; }},
      {LOWTIDE_NULL_ARGUMENT, [](auto&, auto& alerts) { alerts[0].name.data = nullptr; }},
      {LOWTIDE_OK, [](auto&, auto& alerts) { alerts[0].name.size = 0; },
       "alert: must have 1 to 255 bytes: ''"},
      {LOWTIDE_OK, [&](auto&, auto& alerts) { alerts[0].name = text_of(long_name); },
       "alert: must have 1 to 255 bytes: 'aaa"},
      {LOWTIDE_OK, [](auto&, auto& alerts) { alerts[0].name = text_of("\xff"); },
       "alert: must be UTF-8: '\xff'"},
      {LOWTIDE_NULL_ARGUMENT, [](auto&, auto& alerts) { alerts[0].state.data = nullptr; }},
      {LOWTIDE_OK,
       [&](auto&, auto& alerts) {
         alerts[0].state = {too_long.data(), too_long.size()};
       },
       "alert 'low_balance': alert: "},
      {LOWTIDE_OK,
       [](auto& a, auto& alerts) {
         alerts.push_back(alerts[0]), a.alerts = alerts.data(), a.alert_count = 2;
       },
       "alert 'low_balance': is stored twice"},
  };
  for (const BadAccount& bad : rows) {
    CAPTURE(&bad - rows);
    const std::int64_t revision = host.revision();
    host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
      auto alert = sized<lowtide_stored_alert>();
      alert.name = {row.name.data, row.name.size};
      alert.state = {row.state, row.state_size};
      std::vector<lowtide_stored_alert> alerts{alert};
      auto account = sized<lowtide_account>();
      account.name = text_of("acme");
      account.revision = revision;
      account.alerts = alerts.data();
      account.alert_count = 1;
      account.alert_stride = sizeof alert;
      bad.spoil(account, alerts);
      CHECK(met(lowtide_sink_put(accounts, &account)) == bad.status);
      return LOWTIDE_HOST_OK;
    };
    const bool good = bad.status == LOWTIDE_OK && bad.error.empty();
    CHECK(host.observe("1100", start) == (good ? LOWTIDE_OK : LOWTIDE_HOST_FAILURE));
    CHECK(host.revision() == (good ? revision + 1 : revision));
    if (!bad.error.empty())
      CHECK_MESSAGE(string_of(host.report.error).starts_with("account 'acme': " + bad.error),
                    string_of(host.report.error));
  }
  // The same account is put twice.
  host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
    auto account = sized<lowtide_account>();
    account.name = text_of("acme");
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_OK);
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_SINK_FULL);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("1200", start) == LOWTIDE_HOST_FAILURE);
  // The stored bytes are damaged: the account is not changed.
  host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
    const std::uint8_t damaged[] = {1, 2, 3};
    auto alert = sized<lowtide_stored_alert>();
    alert.name = text_of("low_balance");
    alert.state = {damaged, sizeof damaged};
    auto account = sized<lowtide_account>();
    account.name = text_of("acme");
    account.alerts = &alert;
    account.alert_count = 1;
    account.alert_stride = sizeof alert;
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_OK);
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("1200", start) == LOWTIDE_HOST_FAILURE);
  exercised("accounts put into a sink", std::size(rows), "accounts", 30);
}

TEST_CASE("sink: an item is copied before the put returns") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  const alert_row& row = host.memory->accounts[0].alerts[0];
  host.load = [&](lowtide_sink* accounts, lowtide_sink*) {
    std::string contact = "somebody@example.org, at an address that is no short string";
    std::string language = "a language that is no short string";
    std::string currency = "a currency that is no short string";
    std::string name = "acme";
    std::string alert_name(row.name.data, row.name.size);
    std::vector<std::uint8_t> state(row.state, row.state + row.state_size);
    std::vector<lowtide_stored_alert> alerts{sized<lowtide_stored_alert>()};
    alerts[0].name = text_of(alert_name);
    alerts[0].state = {state.data(), state.size()};
    auto account = sized<lowtide_account>();
    account.name = text_of(name);
    account.revision = 1;
    account.contact = text_of(contact);
    account.language = text_of(language);
    account.currency = text_of(currency);
    account.currency_digits = 18;
    account.alerts = alerts.data();
    account.alert_count = 1;
    account.alert_stride = sizeof alerts[0];
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_OK);
    for (std::string* const text : {&contact, &language, &currency, &name, &alert_name})
      text->assign(text->size(), '!');
    std::memset(state.data(), 0xEE, state.size());
    std::memset(static_cast<void*>(alerts.data()), 0xEE, sizeof alerts[0]);
    std::memset(static_cast<void*>(&account), 0xEE, sizeof account);
    return LOWTIDE_HOST_OK;
  };
  std::uint64_t commits_seen = 0;
  host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                    std::size_t) {
    const lowtide_account& after = *commits->after;
    CHECK(string_of(after.name) == "acme");
    CHECK(string_of(after.contact) ==
          "somebody@example.org, at an address that is no short string");
    CHECK(string_of(after.language) == "a language that is no short string");
    CHECK(string_of(after.currency) == "a currency that is no short string");
    CHECK(after.currency_digits == 18);
    CHECK(string_of(after.alerts->name) == "low_balance");
    ++commits_seen;
    results[0] = LOWTIDE_HOST_COMMITTED;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  CHECK(commits_seen == 1);
  CHECK(host.report.decisions->why == LOWTIDE_WHY_FELL_BELOW);
  host.load = [](lowtide_sink*, lowtide_sink* error) {
    std::string words = "why it failed, in more words than fit into a short string";
    lowtide_text text = text_of(words);
    CHECK(lowtide_sink_put(error, &text) == LOWTIDE_OK);
    words.assign(words.size(), '!');
    text = {};
    return LOWTIDE_HOST_FAILED;
  };
  CHECK(host.observe("800", start) == LOWTIDE_HOST_FAILURE);
  CHECK(string_of(host.report.error) ==
        "account 'acme': load failed: why it failed, in more words than fit into a short string");

  // A delivery reaches the courier as it was put, but without the cursor of the walk.
  std::uint64_t handed = 0;
  host.pending = [&](lowtide_sink* deliveries, lowtide_sink*, const lowtide_walk* walk) {
    if ((walk->flags & LOWTIDE_WALK_GOES_ON) != 0) {
      CHECK(walk->cursor_at == 7);
      CHECK(string_of(walk->cursor_text) == "a cursor that is no short string");
      return LOWTIDE_HOST_OK;
    }
    std::array<std::string, 8> texts = {
        "the key",     "the account",  "the alert",    "the channel",
        "the contact", "the language", "the currency", "a cursor that is no short string"};
    auto delivery = sized<lowtide_delivery>();
    delivery.key = text_of(texts[0]);
    delivery.account = text_of(texts[1]);
    delivery.alert = text_of(texts[2]);
    delivery.channel = text_of(texts[3]);
    delivery.cause = 42;
    delivery.contact = text_of(texts[4]);
    delivery.language = text_of(texts[5]);
    delivery.currency = text_of(texts[6]);
    delivery.currency_digits = 3;
    delivery.cursor_at = 7;
    delivery.cursor_text = text_of(texts[7]);
    delivery.output = capi::fire();
    CHECK(lowtide_sink_put(deliveries, &delivery) == LOWTIDE_OK);
    for (std::string& text : texts) text.assign(text.size(), '!');
    return LOWTIDE_HOST_OK;
  };
  host.deliver = [&](lowtide_sink*, const lowtide_delivery* delivery) {
    CHECK(string_of(delivery->key) == "the key");
    CHECK(string_of(delivery->account) == "the account");
    CHECK(string_of(delivery->alert) == "the alert");
    CHECK(string_of(delivery->channel) == "the channel");
    CHECK(string_of(delivery->contact) == "the contact");
    CHECK(string_of(delivery->language) == "the language");
    CHECK(string_of(delivery->currency) == "the currency");
    CHECK(delivery->currency_digits == 3);
    CHECK(delivery->cause == 42);
    CHECK(delivery->cursor_at == 0);
    CHECK(delivery->cursor_text.size == 0);
    const lowtide_output output = capi::fire();
    CHECK(std::memcmp(&delivery->output, &output, sizeof output) == 0);
    ++handed;
    return LOWTIDE_HOST_SENT;
  };
  host.record_delivery = [](lowtide_sink*) { return LOWTIDE_HOST_OK; };
  CHECK(host.send(start) == LOWTIDE_OK);
  CHECK(handed == 1);
}

TEST_CASE("sink: errors of the sink come before those of the item") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  std::uint64_t calls = 0;
  const auto off = [](auto* pointer) {
    return static_cast<decltype(pointer)>(
        static_cast<void*>(static_cast<char*>(static_cast<void*>(pointer)) + 1));
  };
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    auto account = sized<lowtide_account>();
    account.name = text_of("somebody_else");
    account.flags = 16;
    account.struct_size = 0;
    CHECK(lowtide_sink_put(nullptr, nullptr) == LOWTIDE_NULL_ARGUMENT);
    CHECK(lowtide_sink_put(off(accounts), nullptr) == LOWTIDE_MISALIGNED);
    CHECK(lowtide_sink_put(accounts, nullptr) == LOWTIDE_NULL_ARGUMENT);
    CHECK(lowtide_sink_put(accounts, off(&account)) == LOWTIDE_MISALIGNED);
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_STRUCT_SIZE);
    account.struct_size = sizeof account;
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_SINK_FULL);
    account.name = text_of("acme");
    account.currency_digits = 19;
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_FLAGS);
    account.flags = 0;
    account.contact.size = 1;
    CHECK(lowtide_sink_put(accounts, &account) == LOWTIDE_NULL_ARGUMENT);
    const std::string long_contact(1000, 'c');
    account.contact = text_of(long_contact);
    allowed = 0;
    const lowtide_status status = lowtide_sink_put(accounts, &account);
    allowed = no_failure;
    CHECK(met(status) == LOWTIDE_OUT_OF_MEMORY);
    CHECK(lowtide_sink_put(error, nullptr) == LOWTIDE_NULL_ARGUMENT);
    ++calls;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_HOST_FAILURE);
  CHECK(calls == 1);
}

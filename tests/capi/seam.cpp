// SPDX-License-Identifier: Apache-2.0
// What the Monitor hands to its callbacks and keeps of what they give, and how long its reports
// stay.
#include <array>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "allocation.hpp"
#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

constexpr std::int64_t last_instant = 253402300799;

// All that a report points to, read through its pointers.
std::string read(const lowtide_event_report& report) {
  std::string all = string_of(report.error);
  for (std::size_t i = 0; i < report.decision_count; ++i) {
    const lowtide_alert_decision& one = report.decisions[i];
    all +=
        "|" + string_of(one.alert) +
        std::string(reinterpret_cast<const char*>(&one), sizeof one);  // NOLINT: every byte of it
  }
  return all;
}
template <class Report>
std::string read(const Report& report) {
  std::string all;
  for (std::size_t i = 0; i < report.error_count; ++i) all += "|" + string_of(report.errors[i]);
  return all;
}

lowtide_status create(lowtide_monitor** monitor, const lowtide_host& host, std::uint32_t flags,
                      const std::function<void(lowtide_monitor_options&)>& set = {}) {
  auto options = sized<lowtide_monitor_options>();
  options.flags = flags;
  if (set) set(options);
  return lowtide_monitor_create(monitor, &host, &options);
}

}  // namespace

TEST_CASE("report: what it points to stays until another is written, whatever fails in between") {
  std::uint64_t calls_made = 0;
  for (const int kind : {0, 1, 2, 3}) {
    CAPTURE(kind);
    Host host;
    REQUIRE(host.enable("first_alert_with_a_long_name") == LOWTIDE_OK);
    REQUIRE(host.enable("second_alert_with_a_long_name") == LOWTIDE_OK);
    host.due = host.pending = [](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
      return LOWTIDE_HOST_FAILED;
    };
    if (kind == 0) REQUIRE(host.observe("900", start) == LOWTIDE_OK);
    if (kind == 1)
      REQUIRE(host.set_threshold("an_alert_that_was_never_enabled") == LOWTIDE_REFUSED);
    if (kind == 2) REQUIRE(host.tick(start) == LOWTIDE_INCOMPLETE);
    if (kind == 3) REQUIRE(host.send(start) == LOWTIDE_INCOMPLETE);
    const auto told_now = [&] {
      return kind <= 1 ? read(host.report) : kind == 2 ? read(host.ticked) : read(host.delivered);
    };
    const std::string told = told_now();
    REQUIRE(told.size() > 10);

    auto report = sized<lowtide_event_report>();
    auto ticked = sized<lowtide_tick_report>();
    auto delivered = sized<lowtide_delivery_report>();
    lowtide_observation observation = Host::observation("800", start);
    lowtide_monitor* const m = host.monitor;
    const auto stays = [&](lowtide_status status, lowtide_status expected) {
      CHECK(status == expected);
      CHECK(told_now() == told);
      ++calls_made;
    };
    const auto observe = [&](std::size_t size, std::int64_t now) {
      return lowtide_monitor_observe(&report, m, "acme", size, &observation, now);
    };
    stays(lowtide_monitor_observe(nullptr, m, "acme", 4, &observation, start),
          LOWTIDE_NULL_ARGUMENT);
    stays(observe(SIZE_MAX, start), LOWTIDE_STRIDE);
    stays(observe(4, -1), LOWTIDE_TIME_RANGE);
    observation.flags = 0;
    stays(observe(4, start), LOWTIDE_FLAGS);
    observation.flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
    report.struct_size = 0;
    stays(observe(4, start), LOWTIDE_STRUCT_SIZE);
    report.struct_size = sizeof report;
    stays(lowtide_monitor_rebase(&report, m, "acme", 4, -1, start, start), LOWTIDE_SEQUENCE_RANGE);
    stays(lowtide_monitor_tick(&ticked, m, -1), LOWTIDE_TIME_RANGE);
    stays(lowtide_monitor_tick_until(&ticked, m, start, start, 2), LOWTIDE_CODE);
    stays(lowtide_monitor_deliver(&delivered, m, -1), LOWTIDE_TIME_RANGE);
    stays(lowtide_monitor_apply(&report, 8, m, nullptr, 0, 1, start), LOWTIDE_NULL_ARGUMENT);
    // What fails for lack of memory tells nothing, until a callback fails by it.
    for (std::uint64_t n = 0; n < 6; ++n) {
      allowed = n;
      const lowtide_status status = observe(4, start);
      allowed = no_failure;
      stays(status, LOWTIDE_OUT_OF_MEMORY);
    }
    // While another call is served, up to its last callback: it is busy, and has told nothing yet.
    host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
      stays(observe(4, start), LOWTIDE_BUSY);
      const lowtide_text name = text_of("acme");
      return store_load(host.memory.get(), accounts, error, &name, 1);
    };
    host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                      std::size_t count) {
      stays(lowtide_monitor_destroy(m), LOWTIDE_BUSY);
      // The host's own memory is not what the report points to.
      const std::int32_t answer =
          store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
      std::memset(static_cast<void*>(host.memory.get()), 0xEE, sizeof(store));
      stays(answer, LOWTIDE_HOST_OK);
      return answer;
    };
    CHECK(observe(4, start) == LOWTIDE_OK);
    CHECK(report.decision_count == 2);
    const std::string next = read(report);
    host.load = nullptr;
    host.commit = nullptr;
    CHECK(read(report) == next);
  }
  exercised("calls that leave what a report points to", calls_made, "calls", 70);
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

  // A delivery comes to the courier as it was put, without the cursor, which is the walk's.
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
  std::uint64_t looked = 0;
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
    ++looked;
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.observe("900", start) == LOWTIDE_HOST_FAILURE);
  CHECK(looked == 1);
}

TEST_CASE("commit: holds the account afterwards, its notices and its audit") {
  Host host;
  std::uint64_t commits_seen = 0;
  const auto commit = [&](const std::function<void(const lowtide_commit&)>& look) {
    host.commit = [&host, &commits_seen, look](std::int32_t* results, lowtide_sink* error,
                                               const lowtide_commit* commits, std::size_t count) {
      CHECK(results[0] == 0);
      CHECK(commits->struct_size == sizeof *commits);
      CHECK(commits->flags == 0);
      CHECK(commits->after->struct_size == sizeof(lowtide_account));
      CHECK(commits->after->alert_stride == sizeof(lowtide_stored_alert));
      look(*commits);
      ++commits_seen;
      return store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
    };
  };
  // A first enabling: the account's first revision, one alert that is new, one line of audit,
  // nothing to send.
  commit([](const lowtide_commit& one) {
    CHECK(one.after->revision == 1);
    CHECK(one.after->flags == 0);
    CHECK(one.notice_count == 0);
    CHECK(one.recorded_at == start);
    REQUIRE(one.audit_count == 1);
    CHECK(one.audit->struct_size == sizeof *one.audit);
    CHECK(string_of(one.audit->event) == "enable");
    CHECK(string_of(one.audit->alert) == "low_balance");
    CHECK(one.audit->flags == LOWTIDE_AUDIT_HAS_WHY);
    CHECK(one.audit->why == LOWTIDE_WHY_ENABLED);
    CHECK(one.audit->phase == LOWTIDE_PHASE_ARMED);
    REQUIRE(one.after->alert_count == 1);
    CHECK(one.after->alerts->flags == LOWTIDE_STORED_ALERT_CHANGED);
  });
  REQUIRE(host.enable() == LOWTIDE_OK);
  commit([](const lowtide_commit& one) {
    CHECK(one.after->alert_count == 2);
    CHECK(string_of(one.after->alerts[0].name) == "a_first");
    CHECK(one.after->alerts[0].flags == LOWTIDE_STORED_ALERT_CHANGED);
    // Not to be written; its columns are there.
    CHECK(one.after->alerts[1].flags == 0);
    CHECK(one.after->alerts[1].phase == LOWTIDE_PHASE_ARMED);
    CHECK(one.after->alerts[1].threshold.low != 0);
    CHECK(one.after->alerts[1].state.size > 0);
  });
  REQUIRE(host.enable("a_first") == LOWTIDE_OK);

  // A fall below 0 by components: each alert fires and stops.
  auto observation = sized<lowtide_observation>();
  observation.flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  observation.at = start + 5;
  observation.sequence = 9;
  observation.cash_balance = {3, 0};
  observation.unsettled_current_month = {5, 0};
  commit([&](const lowtide_commit& one) {
    const lowtide_account& after = *one.after;
    CHECK(after.revision == 3);
    CHECK(after.flags == (LOWTIDE_ACCOUNT_HAS_BALANCE | LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT |
                          LOWTIDE_ACCOUNT_HAS_SEQUENCE | LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT));
    CHECK(after.sequence == 9);
    CHECK(after.first_cost_at == start + 5);
    CHECK(std::memcmp(&after.cash_balance, &observation.cash_balance,
                      sizeof observation.cash_balance * 5) == 0);
    CHECK(after.available_credit.high == -1);
    CHECK(after.available_credit.low == UINT64_MAX - 1);
    CHECK(one.recorded_at == start + 6);
    REQUIRE(one.notice_count == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      const lowtide_notice& notice = one.notices[i];
      CHECK(notice.struct_size == sizeof notice);
      CHECK(notice.cause == 3);
      CHECK(string_of(notice.account) == "acme");
      CHECK(string_of(notice.alert) == (i < 2 ? "a_first" : "low_balance"));
      CHECK(notice.output.kind == (i % 2 == 0 ? LOWTIDE_OUTPUT_FIRE : LOWTIDE_OUTPUT_STOP));
      CHECK(notice.output.struct_size == sizeof notice.output);
      // A stop is recorded only; the rest goes to the two channels that are the default.
      REQUIRE(notice.channel_count == (i % 2 == 0 ? 2 : 0));
      if (i % 2 == 0)
        CHECK(string_of(notice.channels[0]) + " " + string_of(notice.channels[1]) ==
              "email internal_message");
      std::array<char, LOWTIDE_KEY_SIZE> key{};
      std::size_t size = 0;
      const char* field = "";
      CHECK(lowtide_output_key(&size, key.data(), key.size(), &field, "acme", 4, notice.alert.data,
                               notice.alert.size, &notice.output) == LOWTIDE_OK);
      CHECK(string_of(notice.key) == std::string(key.data(), size));
    }
    REQUIRE(one.audit_count == 2);
    CHECK(string_of(one.audit[1].event) == "balance");
    CHECK(one.audit[1].at == start + 5);
    CHECK(one.audit[1].phase == LOWTIDE_PHASE_QUIET);
    // The columns are those of the bytes.
    for (std::size_t i = 0; i < 2; ++i) {
      const lowtide_stored_alert& stored = after.alerts[i];
      lowtide_alert alert{};
      const char* field = "";
      REQUIRE(lowtide_alert_decode(&alert, &field, stored.state.data, stored.state.size) ==
              LOWTIDE_OK);
      auto fields = sized<lowtide_alert_fields>();
      REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
      CHECK(stored.phase == fields.phase);
      CHECK(std::memcmp(&stored.threshold, &fields.threshold, 16) == 0);
      CHECK(std::memcmp(&stored.available_credit, &fields.available_credit, 16) == 0);
      CHECK(stored.flags ==
            (LOWTIDE_STORED_ALERT_CHANGED | LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT));
    }
  });
  REQUIRE(lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start + 6) ==
          LOWTIDE_OK);
  REQUIRE(host.report.decision_count == 2);
  CHECK(string_of(host.report.decisions[0].alert) == "a_first");
  CHECK(host.report.decisions[1].output_count == 2);

  // Only the sum: the components are no longer those of the account. Alerting: a reminder is to
  // come, and told in a column.
  commit([](const lowtide_commit& one) {
    CHECK((one.after->flags & LOWTIDE_ACCOUNT_HAS_BALANCE) == 0);
    CHECK(one.after->sequence == 9);
    CHECK(one.after->first_cost_at == start + 5);
    CHECK(one.after->alerts[0].phase == LOWTIDE_PHASE_ARMED);
  });
  REQUIRE(host.observe("2000", start + 7) == LOWTIDE_OK);
  commit([](const lowtide_commit& one) {
    CHECK(one.after->alerts[0].next_reminder_at == start + 8 + day);
    CHECK((one.after->alerts[0].flags & LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT) != 0);
  });
  REQUIRE(host.observe("10", start + 8) == LOWTIDE_OK);
  commit([](const lowtide_commit& one) {
    REQUIRE(one.audit_count == 1);
    CHECK(string_of(one.audit->event) == "rebase");
    CHECK(one.audit->alert.size == 0);
    CHECK(one.audit->flags == 0);
    CHECK(one.audit->why == 0);
  });
  REQUIRE(lowtide_monitor_rebase(&host.report, host.monitor, "acme", 4, 4, start + 9, start + 9) ==
          LOWTIDE_OK);
  commit([](const lowtide_commit& one) { CHECK(string_of(one.audit->event) == "tick"); });
  REQUIRE(host.tick(start + 8 + day) == LOWTIDE_OK);
  commit([](const lowtide_commit& one) { CHECK(string_of(one.audit->event) == "set_threshold"); });
  REQUIRE(host.set_threshold() == LOWTIDE_OK);
  commit([](const lowtide_commit& one) { CHECK(string_of(one.audit->event) == "disable"); });
  REQUIRE(lowtide_monitor_disable(&host.report, host.monitor, "acme", 4, "a_first", 7, start,
                                  start) == LOWTIDE_OK);
  // A silent observation is stored without a line of audit.
  commit([](const lowtide_commit& one) { CHECK(one.audit_count == 0); });
  REQUIRE(host.observe("3000", start + 2 * day) == LOWTIDE_OK);
  // An alert with a reminder to come, in a commit that changes another one only.
  lowtide_stored_alert alerting{};
  std::vector<std::uint8_t> bytes;
  commit([&](const lowtide_commit& one) {
    alerting = one.after->alerts[0];
    bytes.assign(alerting.state.data, alerting.state.data + alerting.state.size);
  });
  REQUIRE(host.enable("a_first") == LOWTIDE_OK);
  REQUIRE(host.observe("10", start + 2 * day) == LOWTIDE_OK);
  REQUIRE((alerting.flags & LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT) != 0);
  commit([&](const lowtide_commit& one) {
    const lowtide_stored_alert& same = one.after->alerts[0];
    CHECK(same.flags ==
          (LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT | LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT));
    CHECK(same.next_reminder_at == alerting.next_reminder_at);
    CHECK(same.phase == LOWTIDE_PHASE_ALERTING);
    CHECK(std::memcmp(&same.threshold, &alerting.threshold, sizeof same.threshold) == 0);
    CHECK(std::memcmp(&same.available_credit, &alerting.available_credit,
                      sizeof same.available_credit) == 0);
    CHECK(std::vector<std::uint8_t>(same.state.data, same.state.data + same.state.size) == bytes);
  });
  REQUIRE(host.enable() == LOWTIDE_OK);
  CHECK(commits_seen == 13);
}

TEST_CASE(
    "commit: accounts come in the order of their names' bytes, and a result left at 0 is unknown") {
  Host host;
  const char* const names[] = {"b", "\xC3\xA9", "Z", "a"};
  const lowtide_observation observation = Host::observation("5", start, 1);
  std::array<lowtide_account_event, 4> events{};
  std::array<lowtide_event_report, 4> reports{};
  for (std::size_t i = 0; i < 4; ++i) {
    events[i] = observation_of(names[i], &observation);
    reports[i] = sized<lowtide_event_report>();
  }
  int commits_seen = 0;
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    // Whichever is stored, in an order of the host's own.
    const lowtide_text wanted[] = {text_of("\xC3\xA9"), text_of("a"), text_of("Z"), text_of("b")};
    return store_load(host.memory.get(), accounts, error, wanted, commits_seen == 0 ? 4 : 2);
  };
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    std::string order;
    for (std::size_t i = 0; i < count; ++i) order += string_of(commits[i].after->name) + " ";
    if (++commits_seen == 1) {
      CHECK(order == "Z a b \xC3\xA9 ");
      store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
      // Two are told as they are; of one nothing is told, of one nonsense. Both were stored.
      results[1] = 0;
      results[3] = 12345;
    }
    return LOWTIDE_HOST_OK;
  };
  CHECK(lowtide_monitor_apply(reports.data(), sizeof reports[0], host.monitor, events.data(),
                              sizeof events[0], 4, start) == LOWTIDE_OK);
  CHECK(commits_seen == 1);
  for (const lowtide_event_report& report : reports)
    CHECK(report.flags == LOWTIDE_EVENT_REPORT_STORED);
}

TEST_CASE("walk: continues behind the last item put, and accepts no more than its limit") {
  Host host;
  std::vector<std::string> walks;
  const auto describe = [&](const lowtide_walk& walk) {
    CHECK(walk.struct_size == sizeof walk);
    CHECK(walk.limit > 0);
    walks.push_back(std::to_string(walk.flags) + " " + std::to_string(walk.end) + " " +
                    std::to_string(walk.cursor_at) + " " + string_of(walk.cursor_text));
    return walks.size();
  };
  host.due = [&](lowtide_sink* accounts, lowtide_sink*, const lowtide_walk* walk) {
    const std::size_t round = describe(*walk);
    for (std::size_t i = 0; round <= 2 && i < 2; ++i) {
      auto due = sized<lowtide_due_account>();
      due.account = text_of("acme");  // twice: once is enough
      due.cursor_at = static_cast<std::int64_t>(round);
      due.cursor_text = text_of(i == 0 ? "first" : "second");
      CHECK(lowtide_sink_put(accounts, &due) == LOWTIDE_OK);
    }
    return LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start) == LOWTIDE_OK);
  const std::string end = " " + std::to_string(start) + " ";
  CHECK(walks == std::vector<std::string>{"2" + end + "-1 ", "3" + end + "1 second",
                                          "3" + end + "2 second"});
  walks.assign(2, "");
  CHECK(lowtide_monitor_tick_until(&host.ticked, host.monitor, start - 5, start, 0) == LOWTIDE_OK);
  CHECK(walks.back() == "0" + end + "-1 ");
  // A bad name among the due ones is an error of its own.
  walks.clear();
  host.due = [&](lowtide_sink* accounts, lowtide_sink*, const lowtide_walk* walk) {
    auto due = sized<lowtide_due_account>();
    due.account = text_of("a\nb");
    due.cursor_at = 1;
    return describe(*walk) == 1 && lowtide_sink_put(accounts, &due) != LOWTIDE_OK
               ? LOWTIDE_HOST_FAILED
               : LOWTIDE_HOST_OK;
  };
  CHECK(host.tick(start) == LOWTIDE_INCOMPLETE);
  REQUIRE(host.ticked.error_count == 1);
  CHECK(string_of(host.ticked.errors[0]) ==
        "account 'a?b': account: must not contain a control character: 'a?b'");
}

TEST_CASE("monitor_create: copies host, options and channels, and the context may be NULL") {
  static std::uint64_t without_context = 0;
  lowtide_host callbacks = Host::callbacks(nullptr);
  callbacks.load = [](void* context, lowtide_sink*, lowtide_sink*, const lowtide_text*,
                      std::size_t) {
    without_context += context == nullptr ? 1 : 0;
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  callbacks.commit = [](void*, std::int32_t* results, lowtide_sink*, const lowtide_commit* commits,
                        std::size_t count, std::size_t) {
    results[0] = LOWTIDE_HOST_COMMITTED;
    return std::int32_t{count == 1 && commits->after->revision == 1 ? LOWTIDE_HOST_OK
                                                                    : LOWTIDE_HOST_FAILED};
  };
  std::vector<std::string> words = {"a channel that is no short string", "pager"};
  std::vector<lowtide_text> channels = {text_of(words[0]), text_of(words[1])};
  auto options = sized<lowtide_monitor_options>();
  options.flags = LOWTIDE_OPTIONS_HAS_CHANNELS | LOWTIDE_OPTIONS_DELIVER_STOPS;
  options.channels = channels.data();
  options.channel_count = 2;
  lowtide_monitor* monitor = nullptr;
  REQUIRE(lowtide_monitor_create(&monitor, &callbacks, &options) == LOWTIDE_OK);
  std::memset(static_cast<void*>(&callbacks), 0, sizeof callbacks);
  std::memset(static_cast<void*>(&options), 0xEE, sizeof options);
  std::memset(static_cast<void*>(channels.data()), 0xEE, sizeof(lowtide_text) * 2);
  for (std::string& one : words) one.assign(one.size(), '!');
  auto report = sized<lowtide_event_report>();
  auto enable = sized<lowtide_enable>();
  enable.at = start;
  enable.threshold = {0, 1};
  REQUIRE(lowtide_monitor_enable(&report, monitor, "acme", 4, "low", 3, &enable, start) ==
          LOWTIDE_OK);
  CHECK(without_context == 1);
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
}

TEST_CASE("options: channels are the host's own, and without any, notices are only recorded") {
  const lowtide_text own[] = {text_of("a channel that is no short string"), text_of("pager")};
  for (const std::size_t count : {std::size_t{0}, std::size_t{2}}) {
    Host host;
    lowtide_monitor* monitor = nullptr;
    {
      std::vector<std::string> words = {string_of(own[0]), string_of(own[1])};
      std::vector<lowtide_text> channels = {text_of(words[0]), text_of(words[1])};
      REQUIRE(create(&monitor, Host::callbacks(&host), LOWTIDE_OPTIONS_HAS_CHANNELS,
                     [&](lowtide_monitor_options& options) {
                       options.channels = count == 0 ? nullptr : channels.data();
                       options.channel_count = count;
                     }) == LOWTIDE_OK);
      for (std::string& one : words) one.assign(one.size(), '!');
    }
    std::swap(monitor, host.monitor);
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("900", start) == LOWTIDE_OK);
    CHECK(host.report.decisions->output_count == 1);
    REQUIRE(host.memory->delivery_count == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(std::string(host.memory->deliveries[i].channel.data,
                        host.memory->deliveries[i].channel.size) == string_of(own[i]));
    }
    CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  }
}

TEST_CASE("options: an event later than the skew allows is refused, at its limits and by default") {
  struct Row {
    std::uint32_t flags;
    std::int64_t skew;
    std::int64_t last;  // the last instant that is taken at `start`
  };
  const Row rows[] = {{0, 77, start + day},
                      {LOWTIDE_OPTIONS_HAS_SKEW, 0, start},
                      {LOWTIDE_OPTIONS_HAS_SKEW, 1, start + 1},
                      {LOWTIDE_OPTIONS_HAS_SKEW, last_instant, last_instant}};
  for (const Row& row : rows) {
    CAPTURE(row.last);
    Host host;
    lowtide_monitor* monitor = nullptr;
    REQUIRE(create(&monitor, Host::callbacks(&host), row.flags,
                   [&](auto& options) { options.skew = row.skew; }) == LOWTIDE_OK);
    std::swap(monitor, host.monitor);
    const auto observe = [&](const char* credit, std::int64_t at) {
      const lowtide_observation observation = Host::observation(credit, at);
      return lowtide_monitor_observe(&host.report, host.monitor, "acme", 4, &observation, start);
    };
    CHECK(observe("1", 0) == LOWTIDE_OK);
    CHECK(observe("2", row.last) == LOWTIDE_OK);
    if (row.last != last_instant) CHECK(observe("3", row.last + 1) == LOWTIDE_REFUSED);
    CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  }
  lowtide_monitor* none = nullptr;
  Host host;
  for (const std::int64_t skew : {std::int64_t{-1}, last_instant + 1}) {
    CHECK(create(&none, Host::callbacks(&host), LOWTIDE_OPTIONS_HAS_SKEW,
                 [&](auto& options) { options.skew = skew; }) == LOWTIDE_OUT_OF_RANGE);
  }
}

TEST_CASE("options: attempts count conflicts and unknown results together, and are one if joined") {
  struct Row {
    std::uint32_t flags;
    std::uint32_t attempts;
    int made;
  };
  const Row rows[] = {{0, 5, 16},
                      {LOWTIDE_OPTIONS_HAS_ATTEMPTS, 1, 1},
                      {LOWTIDE_OPTIONS_HAS_ATTEMPTS, 3, 3},
                      {LOWTIDE_OPTIONS_JOINED | LOWTIDE_OPTIONS_HAS_ATTEMPTS, 3, 1}};
  for (const Row& row : rows) {
    Host host;
    lowtide_monitor* monitor = nullptr;
    REQUIRE(create(&monitor, Host::callbacks(&host), row.flags,
                   [&](auto& options) { options.attempts = row.attempts; }) == LOWTIDE_OK);
    std::swap(monitor, host.monitor);
    int made = 0;
    host.commit = [&](std::int32_t* results, lowtide_sink*, const lowtide_commit*, std::size_t) {
      results[0] = ++made % 2 == 1 ? LOWTIDE_HOST_CONFLICT : LOWTIDE_HOST_UNKNOWN;
      return LOWTIDE_HOST_OK;
    };
    const lowtide_status status = host.observe("1", start);
    CHECK(status == (row.made == 1 ? LOWTIDE_CONFLICT : LOWTIDE_UNKNOWN_RESULT));
    CHECK(made == row.made);
    CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
  }
}

TEST_CASE("callback: is called on the caller's thread, within the call, with its context") {
  Host host;
  bool serving = false;
  std::uint64_t called = 0;
  const std::thread::id caller = std::this_thread::get_id();
  const auto look = [&] {
    CHECK(serving);
    CHECK(std::this_thread::get_id() == caller);
    ++called;
  };
  // Host::of takes the context for the Host: another one would have other functions.
  host.load = [&](lowtide_sink* accounts, lowtide_sink* error) {
    look();
    const lowtide_text name = text_of("acme");
    return store_load(host.memory.get(), accounts, error, &name, 1);
  };
  host.commit = [&](std::int32_t* results, lowtide_sink* error, const lowtide_commit* commits,
                    std::size_t count) {
    look();
    return store_commit(host.memory.get(), results, error, commits, count, sizeof *commits);
  };
  host.due = [&](lowtide_sink* accounts, lowtide_sink* error, const lowtide_walk* walk) {
    look();
    return store_due(host.memory.get(), accounts, error, walk);
  };
  host.pending = [&](lowtide_sink* deliveries, lowtide_sink* error, const lowtide_walk* walk) {
    look();
    return store_pending(host.memory.get(), deliveries, error, walk);
  };
  host.record_delivery = [&](lowtide_sink*) { return look(), LOWTIDE_HOST_OK; };
  host.deliver = [&](lowtide_sink*, const lowtide_delivery*) { return look(), LOWTIDE_HOST_SENT; };
  serving = true;
  CHECK(host.enable() == LOWTIDE_OK);
  CHECK(host.observe("900", start) == LOWTIDE_OK);
  CHECK(host.tick(start + day) == LOWTIDE_OK);
  // Of those that are pending each is handed over once; as nothing is settled here, they come again
  // at the next call, under the same key.
  CHECK(host.send(start + day) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 4);
  CHECK(host.send(start + day) == LOWTIDE_OK);
  CHECK(host.delivered.sent == 4);
  serving = false;
  exercised("callbacks on the caller's thread", called, "calls", 20);
}

TEST_CASE("record_delivery: receives the state, the delivery and the error of each result") {
  Host host;
  REQUIRE(host.enable() == LOWTIDE_OK);
  REQUIRE(host.observe("900", start) == LOWTIDE_OK);
  lowtide_host callbacks = Host::callbacks(&host);
  static std::vector<std::string> settled;
  settled.clear();
  callbacks.record_delivery = [](void*, lowtide_sink*, const lowtide_delivery_result* one) {
    CHECK(one->struct_size == sizeof *one);
    settled.push_back(std::to_string(one->state) + " " + string_of(one->delivery->channel) + " '" +
                      string_of(one->error) + "' " + std::to_string(one->now - start));
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  lowtide_monitor* monitor = nullptr;
  REQUIRE(create(&monitor, callbacks, 0) == LOWTIDE_OK);
  std::swap(monitor, host.monitor);
  std::int32_t answer = LOWTIDE_HOST_REJECTED;
  host.deliver = [&](lowtide_sink* error, const lowtide_delivery* delivery) {
    const lowtide_text why = text_of("no such address");
    if (delivery->channel.size != 5) return std::int32_t{LOWTIDE_HOST_SENT};
    lowtide_sink_put(error, &why);
    return answer;
  };
  CHECK(host.send(start + 7) == LOWTIDE_INCOMPLETE);
  CHECK(settled ==
        std::vector<std::string>{"3 email 'no such address' 7", "2 internal_message '' 7"});
  CHECK(host.delivered.failed == 1);
  CHECK(host.delivered.sent == 1);
  CHECK(string_of(host.delivered.errors[0]) == "account 'acme': email: no such address");
  settled.clear();
  answer = LOWTIDE_HOST_TRY_AGAIN;
  CHECK(host.send(start + 8) == LOWTIDE_INCOMPLETE);
  CHECK(host.delivered.postponed == 1);
  CHECK(settled.size() == 1);
  CHECK(lowtide_monitor_destroy(monitor) == LOWTIDE_OK);
}

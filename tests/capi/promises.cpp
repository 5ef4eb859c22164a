// SPDX-License-Identifier: Apache-2.0
// What the header promises of all functions, and of those on amounts, alerts and outputs in
// particular.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>
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

lowtide_amount amount(const char* text) { return Host::observation(text, start).available_credit; }

// The pointers of a call whose arguments lie in memory of their own.
struct Arguments {
  std::vector<std::vector<std::uint64_t>> memory;
  std::vector<void*> pointers;

  explicit Arguments(const Call& call) {
    for (const Argument& argument : call.arguments) {
      memory.emplace_back(argument.bytes.size() / 8 + 2);
      std::memcpy(memory.back().data(), argument.bytes.data(), argument.bytes.size());
      pointers.push_back(memory.back().data());
    }
  }
};

// How a child process ended that does what must not be done: 0, another exit status, or -1 for a
// signal.
template <class Call>
int ends(const Call& call) {
  std::fflush(nullptr);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    _exit(call());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("codes: statuses and codes keep the values once given to them") {
  CHECK(LOWTIDE_OK == 0);
  const lowtide_status callers[] = {
      LOWTIDE_NULL_ARGUMENT, LOWTIDE_MISALIGNED,  LOWTIDE_STRUCT_SIZE, LOWTIDE_STRIDE,
      LOWTIDE_OVERLAP,       LOWTIDE_FLAGS,       LOWTIDE_CODE,        LOWTIDE_BUFFER_TOO_SMALL,
      LOWTIDE_BUSY,          LOWTIDE_SINK_CLOSED, LOWTIDE_SINK_FULL};
  const lowtide_status of_data[] = {
      LOWTIDE_MALFORMED,    LOWTIDE_INEXACT,        LOWTIDE_OVERFLOW,     LOWTIDE_OUT_OF_RANGE,
      LOWTIDE_INCONSISTENT, LOWTIDE_CORRUPT,        LOWTIDE_NEWER_FORMAT, LOWTIDE_CORRUPT_ALERT,
      LOWTIDE_TIME_RANGE,   LOWTIDE_SEQUENCE_RANGE, LOWTIDE_REFUSED};
  const lowtide_status hosts[] = {LOWTIDE_HOST_FAILURE, LOWTIDE_CONFLICT, LOWTIDE_UNKNOWN_RESULT,
                                  LOWTIDE_INCOMPLETE};
  const lowtide_status own[] = {LOWTIDE_OUT_OF_MEMORY, LOWTIDE_INTERNAL_ERROR};
  const auto pinned = [](const auto& statuses, lowtide_status first) {
    for (const lowtide_status status : statuses) CHECK(status == first++);
  };
  pinned(callers, 101);
  pinned(of_data, 201);
  pinned(hosts, 301);
  pinned(own, 401);
  const std::int32_t codes[] = {LOWTIDE_PHASE_OFF, LOWTIDE_PHASE_ARMED, LOWTIDE_PHASE_ALERTING,
                                LOWTIDE_PHASE_QUIET};
  pinned(codes, 0);
  const std::int32_t stops[] = {LOWTIDE_STOP_RECOVERED, LOWTIDE_STOP_OVERDUE,
                                LOWTIDE_STOP_COMPLETED, LOWTIDE_STOP_THRESHOLD_CHANGED,
                                LOWTIDE_STOP_DISABLED};
  pinned(stops, 1);
  const std::int32_t answers[] = {
      LOWTIDE_HOST_OK,       LOWTIDE_HOST_FAILED,   LOWTIDE_HOST_COMMITTED,
      LOWTIDE_HOST_CONFLICT, LOWTIDE_HOST_UNKNOWN,  LOWTIDE_HOST_NOT_STORED,
      LOWTIDE_HOST_SENT,     LOWTIDE_HOST_REJECTED, LOWTIDE_HOST_TRY_AGAIN};
  const std::int32_t expected[] = {1, 2, 0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23};
  for (std::size_t i = 0; i < std::size(answers); ++i)
    CHECK(answers[i] == 0x4C540000 + expected[i]);
}

TEST_CASE("static text: stays the same at the same address, and ends with a NUL") {
  std::uint64_t texts = 0;
  const auto same = [&](const auto& ask) {
    const char* const first = ask();
    const std::string copy = first;
    CHECK(ask() == first);
    CHECK(copy == first);
    ++texts;
  };
  for (lowtide_status status = 0; status < 410; ++status) {
    same([&] { return lowtide_status_name(status); });
    same([&] { return lowtide_status_sentence(status); });
  }
  same([] { return lowtide_version(); });
  using Name = lowtide_status (*)(const char**, std::int32_t);
  for (const Name function :
       {Name{lowtide_phase_name}, Name{lowtide_stop_reason_name}, Name{lowtide_why_name},
        Name{lowtide_why_sentence}, Name{lowtide_output_kind_name}}) {
    for (std::int32_t code = 0; code <= 23; ++code) {
      const char* name = nullptr;
      if (function(&name, code) != LOWTIDE_OK) continue;
      same([&] {
        function(&name, code);
        return name;
      });
    }
  }
  same([] {
    auto fields = sized<lowtide_alert_fields>();
    fields.count = 256;
    lowtide_alert alert{};
    const char* field = nullptr;
    lowtide_alert_restore(&alert, &field, &fields);
    return field;
  });
  exercised("texts that stay", texts, "texts", 800);
}

TEST_CASE("field: is written with the statuses that say so, and with no other") {
  const char* const mine = "mine";
  auto decision = sized<lowtide_decision>();
  lowtide_alert after{};
  const lowtide_alert alert = alerting();
  std::uint64_t calls = 0;
  const auto left_alone = [&](const auto& call, lowtide_status expected) {
    const char* field = mine;
    CHECK(call(&field) == expected);
    CHECK(field == mine);
    ++calls;
  };
  auto enable = sized<lowtide_enable>();
  const auto turn_on = [&](const char** field) {
    return lowtide_alert_enable(&decision, &after, field, &alert, &enable);
  };
  left_alone(turn_on, LOWTIDE_OK);
  enable.flags = 4;
  left_alone(turn_on, LOWTIDE_FLAGS);
  enable.flags = 0;
  enable.if_below = 2;
  left_alone(turn_on, LOWTIDE_CODE);
  enable.if_below = 0;
  enable.at = -1;
  left_alone(turn_on, LOWTIDE_TIME_RANGE);
  auto fields = sized<lowtide_alert_fields>();
  REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
  const auto restore = [&](const char** field) {
    return lowtide_alert_restore(&after, field, &fields);
  };
  left_alone(restore, LOWTIDE_OK);
  fields.flags |= 64U;
  left_alone(restore, LOWTIDE_FLAGS);
  left_alone([&](const char** field) { return lowtide_alert_check(field, &alert); }, LOWTIDE_OK);
  std::array<std::uint8_t, LOWTIDE_ALERT_BYTES> bytes{};
  std::size_t size = 0;
  REQUIRE(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &alert) == LOWTIDE_OK);
  left_alone(
      [&](const char** field) { return lowtide_alert_decode(&after, field, bytes.data(), size); },
      LOWTIDE_OK);
  left_alone(
      [&](const char** field) {
        return lowtide_alert_decode(&after, field, bytes.data(), SIZE_MAX);
      },
      LOWTIDE_STRIDE);
  const lowtide_output output = fire();
  std::array<char, LOWTIDE_KEY_SIZE> key{};
  for (const std::size_t capacity : {key.size(), std::size_t{1}}) {
    left_alone(
        [&](const char** field) {
          return lowtide_output_key(&size, key.data(), capacity, field, "a", 1, "b", 1, &output);
        },
        capacity == 1 ? LOWTIDE_BUFFER_TOO_SMALL : LOWTIDE_OK);
  }
  exercised("calls that leave `field` alone", calls, "calls", 11);
}

TEST_CASE("memory: functions on amounts, alerts and outputs allocate nothing, except output_key") {
  std::uint64_t without = 0;
  for (const Call& call : calls()) {
    if (call.name.starts_with("lowtide_monitor") || call.name == "lowtide_output_key") continue;
    const Arguments arguments(call);
    allowed = 0;
    const lowtide_status status = call.invoke(arguments.pointers);
    allowed = no_failure;
    CHECK_MESSAGE(status == LOWTIDE_OK, call.name);
    ++without;
  }
  exercised("functions that need no memory", without, "functions", 25);
}

TEST_CASE("threads: equal inputs give equal bits, from any number of threads at once") {
  // All threads share the inputs; each has outputs of its own.
  const std::vector<Call> all = calls();
  std::vector<Call> shared;
  for (const Call& call : all) {
    if (!call.name.starts_with("lowtide_monitor")) shared.push_back(call);
  }
  const auto run = [](const Call& call, const std::vector<void*>& inputs) {
    Arguments own(call);
    std::vector<void*> pointers = inputs;
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      if (call.arguments[i].written) pointers[i] = own.pointers[i];
    }
    const lowtide_status status = call.invoke(pointers);
    return std::pair(status, own.memory);
  };
  std::vector<Arguments> inputs;
  inputs.reserve(shared.size());
  for (const Call& call : shared) inputs.emplace_back(call);
  std::vector<std::pair<lowtide_status, std::vector<std::vector<std::uint64_t>>>> expected;
  for (std::size_t i = 0; i < shared.size(); ++i)
    expected.push_back(run(shared[i], inputs[i].pointers));

  std::atomic<std::uint64_t> calls_made = 0;
  std::atomic<std::uint64_t> differing = 0;
  const auto work = [&] {
    for (int round = 0; round < 40; ++round) {
      for (std::size_t i = 0; i < shared.size(); ++i) {
        if (run(shared[i], inputs[i].pointers) != expected[i]) ++differing;
        ++calls_made;
      }
      if (std::string(lowtide_status_name(LOWTIDE_BUSY)) != "busy" ||
          lowtide_abi_version() != LOWTIDE_ABI_VERSION)
        ++differing;
      if (std::string(lowtide_version()) != "0.1.0" || *lowtide_status_sentence(0) != 'T')
        ++differing;
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  CHECK(differing == 0);
  exercised("calls from four threads at once", calls_made, "calls", 4000);
}

TEST_CASE("threads: workers with a Monitor each serve at the same time") {
  std::atomic<std::uint64_t> wrong = 0;
  const auto work = [&] {
    const auto host = std::make_unique<Host>();
    auto enable = sized<lowtide_enable>();
    enable.at = start;
    enable.threshold = {0, 1};
    if (lowtide_monitor_enable(&host->report, host->monitor, "acme", 4, "low", 3, &enable, start) !=
        LOWTIDE_OK)
      ++wrong;
    for (std::int64_t i = 1; i <= 20; ++i) {
      auto observation = sized<lowtide_observation>();
      observation.flags =
          LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
      observation.at = start + i;
      observation.sequence = i;
      observation.available_credit = {static_cast<std::uint64_t>(i), i % 2};
      if (lowtide_monitor_observe(&host->report, host->monitor, "acme", 4, &observation,
                                  start + i) != LOWTIDE_OK)
        ++wrong;
      if (host->report.decision_count != 1) ++wrong;
    }
    if (lowtide_monitor_deliver(&host->delivered, host->monitor, start + day) != LOWTIDE_OK ||
        host->delivered.sent == 0)
      ++wrong;
  };
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE(
    "misuse: a pointer to nowhere ends the process, and longjmp out of a callback its Monitor") {
  const auto nowhere = [] {
    void* const page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || dup2(open("/dev/null", O_WRONLY), 2) < 0) return 0;
    lowtide_alert_init(static_cast<lowtide_alert*>(page));
    return 0;
  };
  CHECK(ends(nowhere) != 0);
  const auto leaves = [] {
    static std::jmp_buf back;
    static Host host;
    host.due = [](lowtide_sink*, lowtide_sink*, const lowtide_walk*) -> std::int32_t {
      std::longjmp(back, 1);
    };
    if (setjmp(back) == 0) lowtide_monitor_tick(&host.ticked, host.monitor, start);
    return lowtide_monitor_tick(&host.ticked, host.monitor, start) == LOWTIDE_BUSY ? 7 : 0;
  };
  CHECK(ends(leaves) == 7);
}

TEST_CASE(
    "amount_format: LOWTIDE_AMOUNT_TEXT_SIZE is always enough, and the text reads back the same") {
  std::mt19937_64 random(3);
  std::uint64_t wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const lowtide_amount from{random() >> random() % 64U,
                              std::bit_cast<std::int64_t>(random()) >> random() % 64U};
    std::array<char, LOWTIDE_AMOUNT_TEXT_SIZE> text{};
    std::size_t size = 0;
    lowtide_amount back{};
    const bool right =
        lowtide_amount_format(&size, text.data(), text.size(), &from) == LOWTIDE_OK &&
        size <= text.size() && lowtide_amount_parse(&back, text.data(), size) == LOWTIDE_OK &&
        back.low == from.low && back.high == from.high;
    const std::string_view written(text.data(), size);
    const bool plain = written.find_first_not_of("-0123456789.") == std::string_view::npos &&
                       written != "-0" &&
                       (written.find('.') == std::string_view::npos ||
                        (written.back() != '0' && written.back() != '.'));
    wrong += right && plain ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("amount_parse: ten million characters are read, whatever the exponent") {
  const std::string many(10'000'000, '9');
  const std::string zeros(10'000'000, '0');
  struct Row {
    std::string text;
    lowtide_status status;
  };
  const Row rows[] = {{"1e" + many, LOWTIDE_OVERFLOW},
                      {"1e-" + many, LOWTIDE_INEXACT},
                      {"0e" + many, LOWTIDE_OK},
                      {"0e-" + many, LOWTIDE_OK},
                      {"0." + zeros + "1", LOWTIDE_INEXACT},
                      {"0." + zeros + "1e10000001", LOWTIDE_OK},
                      {"1" + zeros + "e-10000000", LOWTIDE_OK},
                      {"1" + zeros + "e-9999999", LOWTIDE_OK},
                      {"1" + zeros, LOWTIDE_OVERFLOW},
                      {"1e" + zeros + "3", LOWTIDE_OK},
                      {"1e" + many + "x", LOWTIDE_MALFORMED}};
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    lowtide_amount read{};
    CHECK(lowtide_amount_parse(&read, row.text.data(), row.text.size()) == row.status);
  }
}

TEST_CASE("amount: has 128 bits of two's complement, in the order of the machine's bytes") {
  const auto bytes = [](const char* text) {
    const lowtide_amount value = amount(text);
    std::array<unsigned char, 16> image{};
    static_assert(sizeof value == sizeof image);
    std::memcpy(image.data(), &value, sizeof value);
    return image;
  };
  if constexpr (std::endian::native == std::endian::little) {
    std::array<unsigned char, 16> expected{};
    expected[0] = 1;
    CHECK(bytes("0.000000000000000001") == expected);
    expected.fill(0xFF);
    CHECK(bytes("-0.000000000000000001") == expected);
    expected.fill(0);
    expected[15] = 0x80;
    CHECK(bytes("-170141183460469231731.687303715884105728") == expected);
  }
  CHECK(amount("18.446744073709551616").low == 0);
  CHECK(amount("18.446744073709551616").high == 1);
}

TEST_CASE("version: is 10000 x major + 100 x minor + patch") {
  int major = 0;
  int minor = 0;
  int patch = 0;
  REQUIRE(std::sscanf(lowtide_version(), "%d.%d.%d", &major, &minor, &patch) ==
          3);  // NOLINT(cert-err34-c): counted
  CHECK(LOWTIDE_VERSION == 10000 * major + 100 * minor + patch);
}

TEST_CASE("decide: outputs beyond output_count are not written") {
  auto decision = sized<lowtide_decision>();
  decision.outputs[0].kind = decision.outputs[1].kind = 77;
  lowtide_alert alert = alerting();
  lowtide_observation observation = Host::observation("950", start + day);
  REQUIRE(lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK);
  CHECK(decision.output_count == 0);
  CHECK(decision.outputs[0].kind == 77);
  observation = Host::observation("1000", start + day);
  REQUIRE(lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK);
  CHECK(decision.output_count == 1);
  CHECK(decision.outputs[0].kind == LOWTIDE_OUTPUT_STOP);
  CHECK(decision.outputs[0].struct_size == sizeof(lowtide_output));
  CHECK(decision.outputs[1].kind == 77);
  observation = Host::observation("-1", start + day);
  REQUIRE(lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK);
  CHECK(decision.output_count == 2);
  CHECK(decision.outputs[0].kind == LOWTIDE_OUTPUT_FIRE);
  CHECK(decision.outputs[1].kind == LOWTIDE_OUTPUT_STOP);
}

TEST_CASE("alert: one that was copied, stored or restored decides like the original") {
  const lowtide_alert alert = alerting();
  std::vector<lowtide_alert> ways(3, alert);
  std::array<std::uint8_t, LOWTIDE_ALERT_BYTES> bytes{};
  std::size_t size = 0;
  const char* field = "";
  REQUIRE(lowtide_alert_encode(&size, bytes.data(), bytes.size(), &alert) == LOWTIDE_OK);
  REQUIRE(lowtide_alert_decode(&ways[1], &field, bytes.data(), size) == LOWTIDE_OK);
  auto fields = sized<lowtide_alert_fields>();
  REQUIRE(lowtide_alert_read(&fields, &alert) == LOWTIDE_OK);
  REQUIRE(lowtide_alert_restore(&ways[2], &field, &fields) == LOWTIDE_OK);
  std::array<lowtide_decision, 3> decisions{};
  for (std::size_t i = 0; i < 3; ++i) {
    decisions[i] = sized<lowtide_decision>();
    REQUIRE(lowtide_alert_tick(&decisions[i], &ways[i], &ways[i], start + 3 * day) == LOWTIDE_OK);
    CHECK(std::memcmp(&ways[i], ways.data(), sizeof ways[0]) == 0);
    CHECK(std::memcmp(&decisions[i], decisions.data(), sizeof decisions[0]) == 0);
  }
  CHECK(decisions[0].outputs[0].skipped == 1);
}

TEST_CASE("sizes: names and structs that never grow have the documented sizes") {
  std::array<char, LOWTIDE_KEY_SIZE> key{};
  std::size_t size = 0;
  const char* field = "";
  const lowtide_output output = fire();
  const std::string longest(LOWTIDE_NAME_SIZE, 'a');
  const auto key_of = [&](const std::string& name) {
    return lowtide_output_key(&size, key.data(), key.size(), &field, name.data(), name.size(),
                              name.data(), name.size(), &output);
  };
  CHECK(key_of(longest) == LOWTIDE_OK);
  CHECK(key_of(longest + "a") == LOWTIDE_OUT_OF_RANGE);
  CHECK(key_of(LOWTIDE_DEFAULT_ALERT_NAME) == LOWTIDE_OK);
  CHECK(std::string(key.data(), size) == "lowtide/1/low_balance/low_balance/1/1772438400/fire");
  CHECK(std::string(LOWTIDE_DEFAULT_ALERT_NAME) == "low_balance");
  // What never grows.
  CHECK(sizeof(lowtide_alert) == 64);
  CHECK(sizeof(lowtide_amount) == 16);
  CHECK(sizeof(lowtide_text) == 2 * sizeof(void*));
  CHECK(sizeof(lowtide_bytes) == 2 * sizeof(void*));
  CHECK(sizeof(lowtide_output) == 80);
  CHECK(sizeof(lowtide_batch_result) == 8);
  CHECK(sizeof(lowtide_column) == 16);
}

// SPDX-License-Identifier: Apache-2.0
// What the header promises of all functions: memory, threads, and what must not be done.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
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

// The arguments of a call, each in memory of its own, and pointers to them.
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

// Runs a forbidden call in a child process. Returns its exit status, or -1 if a signal ended it.
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
  // The threads share the inputs. Each has its own outputs.
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

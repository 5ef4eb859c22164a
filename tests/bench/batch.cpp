// SPDX-License-Identifier: Apache-2.0
// Measures what a batch costs through the shared library of the C ABI, as ratios to loops over the
// same memory and to plain arithmetic, in turns within one run on one core. The optional argument
// is the shared library of the portable build, for comparison. table.py runs it.
#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include <lowtide.h>

#include "batch/batch_kernel.hpp"
#include "rows.hpp"

namespace {

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): this measures memory access

// NOLINTBEGIN(modernize-use-using): these do not work with `using`
__extension__ typedef __int128 int128;
typedef long long Vector __attribute__((vector_size(16)));
// NOLINTEND(modernize-use-using)

constexpr std::int64_t start = 1'772'352'000;
constexpr std::size_t many = 1'000'000;
constexpr std::size_t few = 1'000;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "error: %s\n", what);
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

// Arrays are aligned to cache lines, and all of their pages are mapped.
template <class T>
class Lines {
 public:
  explicit Lines(std::size_t n)
      : memory_(static_cast<T*>(::operator new(n * sizeof(T), line))), size_(n) {
    std::memset(static_cast<void*>(memory_.get()), 0, n * sizeof(T));
  }
  T* data() { return memory_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](std::size_t i) { return memory_.get()[i]; }

 private:
  static constexpr std::align_val_t line{64};
  struct Delete {
    void operator()(T* memory) const { ::operator delete(memory, line); }
  };
  std::unique_ptr<T, Delete> memory_;
  std::size_t size_;
};

int128 units(std::uint64_t whole, std::uint64_t fraction) {
  return static_cast<int128>(whole) * 1'000'000'000'000'000'000 + fraction;
}
lowtide_amount amount(int128 units) {
  return {static_cast<std::uint64_t>(units), static_cast<std::int64_t>(units >> 64U)};
}
int128 units(const lowtide_amount& amount) {
  int128 units = 0;
  std::memcpy(&units, &amount, sizeof units);
  return units;
}

// Armed alerts in random order; one in five has fired before and recovered. One observation for
// each, of which `acting` in 1,000 leave the account below its threshold, most of them overdue, so
// that they have two outputs. And all memory that a batch writes to.
struct Data {
  Data(std::size_t n, unsigned acting)
      : alerts(n),
        before(n),
        changes(n),
        results(n),
        decisions(n * acting / 500 + 16),
        index(n),
        columns(n * 6),
        alert_copy(n),
        change_copy(n) {
    std::mt19937_64 random(20260301);
    const auto fraction = [&] { return random() % 1'000'000'000'000'000'000U; };
    lowtide_decision outcome{};
    outcome.struct_size = sizeof outcome;
    for (std::size_t i = 0; i < n; ++i) {
      lowtide_enable enable{};
      enable.struct_size = sizeof enable;
      enable.at = start;
      enable.threshold = amount(units(1 + random() % 1000, 0));
      const char* field = "";
      lowtide_alert& alert = alerts[i];
      lowtide_observation& change = changes[i];
      change.struct_size = sizeof change;
      change.flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
      change.at = start;
      change.sequence = 1;
      if (lowtide_alert_init(&alert) != LOWTIDE_OK ||
          lowtide_alert_enable(&outcome, &alert, &field, &alert, &enable) != LOWTIDE_OK) {
        die("no alert");
      }
      if (random() % 5 == 0 &&
          lowtide_alert_observe(&outcome, &alert, &alert, &change) != LOWTIDE_OK)
        die("no change");
      change.cash_balance = amount(units(5000 + random() % 5000, fraction()));
      change.credit_limit = amount(units(1000, 0));
      change.credit_refunds = amount(units(20, fraction()));
      change.unsettled_current_month = amount(units(random() % 1000, fraction()));
      change.unsettled_previous_months = amount(units(100, fraction()));
      change.sequence = 2;
      if (lowtide_alert_observe(&outcome, &alert, &alert, &change) != LOWTIDE_OK) die("no change");
      change.sequence = 3;
      change.cash_balance.low ^= 1U;
      if (random() % 1000 < acting) change.cash_balance = change.credit_limit = {};
      index[i] = i;

      auto* const times = reinterpret_cast<std::int64_t*>(columns.data());
      times[i] = change.at;
      times[n + i] = change.sequence;
      std::array<lowtide_amount, 5> terms{};
      std::memcpy(terms.data(), &change.cash_balance, sizeof terms);
      for (std::size_t c = 0; c < terms.size(); ++c) columns[n * (1 + c) + i] = terms[c];
    }
    std::shuffle(index.data(), index.data() + n, random);
    std::memcpy(before.data(), alerts.data(), alerts.bytes());
  }

  std::size_t size() const { return alerts.size(); }

  Lines<lowtide_alert> alerts;
  Lines<lowtide_alert> before;
  Lines<lowtide_observation> changes;
  Lines<lowtide_batch_result> results;
  Lines<lowtide_batch_decision> decisions;
  Lines<std::uint64_t> index;
  Lines<lowtide_amount>
      columns;  // times and sequences in the room of one, then the five components
  Lines<lowtide_alert> alert_copy;
  Lines<lowtide_observation> change_copy;
};

lowtide_batch part(Data& d, std::size_t from, std::size_t to) {
  lowtide_batch batch{};
  batch.struct_size = sizeof batch;
  batch.count = batch.alert_count = to - from;
  batch.alerts = d.alerts.data() + from;
  batch.results = d.results.data() + from;
  batch.decision_stride = sizeof(lowtide_batch_decision);
  batch.decision_capacity =
      d.decisions.size() / 2 * (to - from) / d.size() + d.decisions.size() / 2;
  batch.decisions =
      d.decisions.data() + (from == 0 ? 0 : d.decisions.size() - batch.decision_capacity);
  return batch;
}

std::size_t finished(lowtide_status status, const lowtide_batch_report& report,
                     const lowtide_batch& batch) {
  if (status != LOWTIDE_OK || report.failed_count != 0 || report.done != batch.count)
    die("the batch did not come to its end");
  return report.decision_count;
}

using BatchObserve = decltype(&lowtide_batch_observe);

std::size_t observe_part(BatchObserve function, Data& d, std::size_t from, std::size_t to) {
  const lowtide_batch batch = part(d, from, to);
  lowtide_batch_report report{};
  report.struct_size = sizeof report;
  return finished(function(&report, &batch, d.changes.data() + from, sizeof(lowtide_observation)),
                  report, batch);
}

std::size_t dense(Data& d) { return observe_part(lowtide_batch_observe, d, 0, d.size()); }

std::size_t by_columns(Data& d) {
  const lowtide_batch batch = part(d, 0, d.size());
  lowtide_observation_columns c{};
  c.struct_size = sizeof c;
  c.flags = LOWTIDE_OBSERVATION_HAS_BALANCE | LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  const auto* const times = reinterpret_cast<const std::int64_t*>(d.columns.data());
  c.at = {times, sizeof *times};
  c.sequence = {times + d.size(), sizeof *times};
  std::size_t next = 0;
  for (lowtide_column* to : {&c.cash_balance, &c.credit_limit, &c.credit_refunds,
                             &c.unsettled_current_month, &c.unsettled_previous_months}) {
    *to = {d.columns.data() + d.size() * ++next, sizeof(lowtide_amount)};
  }
  lowtide_batch_report report{};
  report.struct_size = sizeof report;
  return finished(lowtide_batch_observe_columns(&report, &batch, &c), report, batch);
}

// Two halves, each in a thread on its own core. Starting and pinning the threads is not measured.
double two_threads(Data& d) {
  std::atomic<int> waiting{0};
  std::atomic<bool> go{false};
  const auto half = [&](int core, std::size_t from, std::size_t to) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
    ++waiting;
    while (!go) {
    }
    (void)observe_part(lowtide_batch_observe, d, from, to);
    --waiting;
  };
  std::thread first(half, 0, 0, d.size() / 2);
  std::thread second(half, 1, d.size() / 2, d.size());
  while (waiting != 2) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  go = true;
  while (waiting != 0) std::this_thread::sleep_for(std::chrono::microseconds(20));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  first.join();
  second.join();
  return taken.count();
}

// The simplest view of an observation, and the simplest receiver of decisions, that
// observe_elements accepts.
struct BenchChange {
  static constexpr bool may_leave_out_sequence = false;
  const lowtide_observation* c;
  bool takes_fast_path() const noexcept { return c->at >= 0; }
  bool fast_credit(lowtide::Amount& credit) const noexcept {
    return lowtide::detail::available_credit_fast(
        reinterpret_cast<const lowtide::Balance&>(c->cash_balance), credit);
  }
  std::int64_t fast_sequence() const noexcept { return c->sequence; }
  static lowtide::BatchStatus malformed() noexcept { return lowtide::BatchStatus::ok; }
  static lowtide::BatchStatus out_of_range() noexcept { return lowtide::BatchStatus::ok; }
  lowtide::Result<lowtide::Amount> available_credit() const noexcept {
    return lowtide::available_credit(reinterpret_cast<const lowtide::Balance&>(c->cash_balance));
  }
  std::int64_t at() const noexcept { return c->at; }
  std::int64_t sequence() const noexcept { return c->sequence; }
};
struct BenchChanges {
  const lowtide_observation* data;
  BenchChange operator[](std::size_t i) const noexcept { return {data + i}; }
};
struct BenchSink {
  std::size_t count = 0;
  static bool has_room() noexcept { return true; }
  std::size_t size() const noexcept { return count; }
  void put(std::size_t /*element*/, lowtide::Why /*why*/, lowtide::Phase /*phase*/,
           const lowtide::Outputs& /*outputs*/) noexcept {
    ++count;
  }
};

// A batch with a random index, prefetching `ahead` alerts. It uses the library's own loop, so that
// only the prefetching differs.
template <std::size_t ahead>
std::size_t by_index(Data& d) {
  const lowtide::detail::Elements elements{
      reinterpret_cast<lowtide::Alert*>(d.alerts.data()),        d.size(), d.index.data(),
      reinterpret_cast<lowtide::BatchResult*>(d.results.data()), 0,        d.size()};
  BenchSink sink;
  return lowtide::detail::observe_elements<ahead>(elements, BenchChanges{d.changes.data()}, sink)
      .decisions;
}

// The reference for memory: reads and writes the same bytes as a dense batch, 16 at a time, with
// almost no computation.
std::size_t same_bytes(Data& d) {
  std::size_t acted = 0;
  Vector all{};
  for (std::size_t i = 0; i < d.size(); ++i) {
    const lowtide_observation& change = d.changes[i];
    auto* const alert = reinterpret_cast<Vector*>(d.alerts.data() + i);
    Vector sum{};
    for (std::size_t at = 0; at + sizeof sum <= sizeof change; at += sizeof sum) {
      Vector piece;
      std::memcpy(&piece, reinterpret_cast<const unsigned char*>(&change) + at, sizeof piece);
      sum += piece;
    }
    for (std::size_t w = 0; w < 4; ++w) sum += alert[w];
    alert[1] = sum;
    alert[2] = sum;
    std::memcpy(&d.results[i], &sum, sizeof d.results[i]);
    if (change.credit_limit.low == 0) {
      auto* const to = reinterpret_cast<unsigned char*>(&d.decisions[acted++]);
      for (std::size_t at = 0; at + sizeof sum <= sizeof d.decisions[0]; at += sizeof sum)
        std::memcpy(to + at, &sum, sizeof sum);
    }
    all += sum;
  }
  return static_cast<std::size_t>(all[0]) + acted;
}

std::size_t copied(Data& d) {
  std::memcpy(d.alert_copy.data(), d.alerts.data(), d.alerts.bytes());
  std::memcpy(d.change_copy.data(), d.changes.data(), d.changes.bytes());
  return d.alert_copy[d.size() / 2].opaque[0];
}

// The reference for arithmetic: five terms and two comparisons on the compiler's 128-bit integers,
// without any check.
template <bool remembers>
std::size_t bare(Data& d) {
  std::size_t low = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    const lowtide_observation& c = d.changes[i];
    lowtide_alert& alert = d.alerts[i];
    const int128 credit = units(c.cash_balance) + units(c.credit_limit) + units(c.credit_refunds) -
                          units(c.unsettled_current_month) - units(c.unsettled_previous_months);
    int128 threshold = 0;
    std::memcpy(&threshold, &alert, sizeof threshold);
    low += static_cast<std::size_t>(credit < threshold);
    low += static_cast<std::size_t>(credit < 0);
    if (remembers) {
      std::memcpy(&alert.opaque[2], &credit, sizeof credit);
      alert.opaque[4] = static_cast<std::uint64_t>(c.sequence);
    }
  }
  return low;
}

// Keeps the compiler from removing a loop.
volatile std::size_t kept;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

double timed(double (*pass)(Data&), Data& d) { return pass(d); }
double timed(std::size_t (*pass)(Data&), Data& d) {
  const auto begin = std::chrono::steady_clock::now();
  kept = pass(d);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The time of a divided by the time of b: the median over turns of `passes` passes each.
template <class A, class B>
double ratio(Data& d, A a, B b, int passes = 1) {
  const auto turn = [&](auto pass) {
    double taken = 0;
    for (int i = 0; i < passes; ++i) {
      std::memcpy(d.alerts.data(), d.before.data(), d.alerts.bytes());
      taken += timed(pass, d);
    }
    return taken;
  };
  std::array<double, 21> all{};
  for (double& one : all) {
    const double first = turn(a);
    one = first / turn(b);
  }
  std::nth_element(all.begin(), all.begin() + all.size() / 2, all.end());
  return all[all.size() / 2];
}

// Set once, by main.
BatchObserve portable_observe;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void pin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)) - 1, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() > 1) {
    void* const library = dlmopen(LM_ID_NEWLM, arguments[1], RTLD_NOW);
    if (library == nullptr) die(dlerror());  // NOLINT(concurrency-mt-unsafe)
    void* const symbol = dlsym(library, "lowtide_batch_observe");
    if (symbol == nullptr) die("the portable library has no batch");
    std::memcpy(&portable_observe, &symbol, sizeof symbol);
  }
  pin();
  using rows::row;
  std::puts("\na batch, ratios, medians of 21 turns");
  {
    Data d(many, 10);
    row("batch, 99 % silent, to a loop over the same bytes", ratio(d, dense, same_bytes),
        "at most 1.35",
        "1,000,000 alerts and changes through the C ABI, every check; to reading and writing the "
        "same memory");
    row("batch by columns, 99 % silent, to the same loop", ratio(d, by_columns, same_bytes), "",
        "changes as decimal128 columns, 96 bytes each instead of 120");
    row("batch, 99 % silent, to memcpy", ratio(d, dense, copied), "at most 0.75",
        "to copying the alerts and the changes");
    row("two threads, wall clock", ratio(d, dense, two_threads), "at least 1.75",
        "the halves of a batch on two cores, to one thread");
    row("by a random index, to the same without prefetch",
        ratio(d, by_index<lowtide::detail::prefetch_distance>, by_index<0>), "at most 0.5",
        "1,000,000 changes, each of a random alert");
    if (portable_observe != nullptr) {
      row("portable build, to the native one",
          ratio(
              d, +[](Data& data) { return observe_part(portable_observe, data, 0, data.size()); },
              dense),
          "at most 2.3", "the same batch without the compiler's 128-bit integers");
    }
  }
  {
    Data d(many, 300);
    row("batch, 30 % acting, to a loop over the same bytes", ratio(d, dense, same_bytes),
        "at most 1.9", "as above; decisions with outputs are written, by the loop too");
  }
  {
    Data d(few, 0);
    row("batch of 1,000 in cache, to bare arithmetic", ratio(d, dense, bare<false>, 300),
        "at most 1.4",
        "through the C ABI; to a loop of 128-bit integers that checks nothing and writes nothing");
    row("batch of 1,000 in cache, to arithmetic that remembers", ratio(d, dense, bare<true>, 300),
        "",
        "the same loop, which also writes the Available Credit and the sequence into the alert");
  }
}

// SPDX-License-Identifier: Apache-2.0
// lowtide's part in the comparison with its peers, through its C ABI. peers.py runs it; peer.py
// says how a peer is called.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide.h>

namespace {

// Each alert fills one cache line.
template <class T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), line)); }
  void deallocate(T* p, std::size_t /*n*/) noexcept { ::operator delete(p, line); }
  bool operator==(const LineAllocator&) const = default;
};
using Alerts = std::vector<lowtide_alert, LineAllocator<lowtide_alert>>;

constexpr int rounds = 5;

void must(lowtide_status status, const char* what) {
  if (status == LOWTIDE_OK) return;
  std::fprintf(stderr, "peers_ours: %s: %s\n", what, lowtide_status_name(status));
  std::exit(1);
}

// The fields of one line of text.
class Line {
 public:
  explicit Line(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const std::size_t end = rest_.find('\t');
    const std::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return field;
  }
  bool integer(std::int64_t& value) {
    const std::string_view field = next();
    if (field.empty()) return false;
    value = std::strtoll(field.data(), nullptr, 10);
    return true;
  }
  void integer(std::int32_t& value) {
    value = static_cast<std::int32_t>(std::strtol(next().data(), nullptr, 10));
  }
  bool integer_if_any(std::int32_t& value) {
    const std::string_view field = next();
    if (field.empty()) return false;
    value = static_cast<std::int32_t>(std::strtol(field.data(), nullptr, 10));
    return true;
  }
  bool amount(lowtide_amount& value) {
    const std::string_view field = next();
    if (field.empty()) return false;
    must(lowtide_amount_parse(&value, field.data(), field.size()), "amount");
    return true;
  }

 private:
  std::string_view rest_;
};

// Calls `take` with each of the first `count` lines.
template <class Take>
void read_lines(const std::string& path, std::size_t count, Take take) {
  std::ifstream file(path);
  std::string line;
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::getline(file, line)) {
      std::fprintf(stderr, "peers_ours: %s ends after %zu lines\n", path.c_str(), i);
      std::exit(1);
    }
    take(Line(line));
  }
}

Alerts read_alerts(const std::string& folder, std::size_t count) {
  Alerts alerts;
  read_lines(folder + "/alerts.tsv", count, [&](Line line) {
    lowtide_alert_fields fields{};
    fields.struct_size = sizeof fields;
    const auto flag = [&](bool present, std::uint32_t one) { fields.flags |= present ? one : 0; };
    line.next();
    line.amount(fields.threshold);
    line.integer(fields.count);
    flag(line.integer_if_any(fields.time_of_day), LOWTIDE_FIELDS_HAS_TIME_OF_DAY);
    line.integer(fields.utc_offset);
    line.integer(fields.phase);
    (void)line.integer(fields.episode);
    flag(line.integer(fields.fired_at), LOWTIDE_FIELDS_HAS_FIRED_AT);
    flag(line.integer(fields.fire_day), LOWTIDE_FIELDS_HAS_FIRE_DAY);
    line.integer(fields.last_reminder);
    line.integer(fields.reminders_sent);
    flag(line.integer_if_any(fields.stop_reason), LOWTIDE_FIELDS_HAS_STOP_REASON);
    flag(line.amount(fields.available_credit), LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT);
    flag(line.integer(fields.sequence), LOWTIDE_FIELDS_HAS_SEQUENCE);
    const char* field = "";
    lowtide_alert alert{};
    must(lowtide_alert_restore(&alert, &field, &fields), "restore");
    alerts.push_back(alert);
  });
  return alerts;
}

void read_changes(std::vector<lowtide_observation>& changes, const std::string& folder, int round,
                  std::size_t count) {
  changes.clear();
  read_lines(folder + "/round-" + std::to_string(round) + ".tsv", count, [&](Line line) {
    lowtide_observation change{};
    change.struct_size = sizeof change;
    change.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
    line.next();
    (void)line.integer(change.at);
    if (line.integer(change.sequence)) change.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE;
    line.amount(change.cash_balance);
    line.amount(change.credit_limit);
    line.amount(change.credit_refunds);
    line.amount(change.unsettled_current_month);
    line.amount(change.unsettled_previous_months);
    changes.push_back(change);
  });
}

// The memory that a batch writes.
struct Room {
  explicit Room(std::size_t count) : results(count), decisions(4096) {}
  std::vector<lowtide_batch_result> results;
  std::vector<lowtide_batch_decision> decisions;
};

struct Sent {
  std::size_t id;
  lowtide_output output;
};

// Runs a batch over all alerts, in place, and records the outputs. `call` decides from batch.first
// on.
template <class Call>
void decide(std::vector<Sent>& sent, Alerts& alerts, Room& room, Call call) {
  lowtide_batch batch{};
  batch.struct_size = sizeof batch;
  batch.count = batch.alert_count = alerts.size();
  batch.alerts = alerts.data();
  batch.results = room.results.data();
  batch.decisions = room.decisions.data();
  batch.decision_capacity = room.decisions.size();
  batch.decision_stride = sizeof(lowtide_batch_decision);
  while (batch.first < batch.count) {
    lowtide_batch_report report{};
    report.struct_size = sizeof report;
    must(call(&report, &batch), "batch");
    if (report.failed_count != 0) must(LOWTIDE_REFUSED, "an element of the batch");
    for (std::size_t d = 0; d < report.decision_count; ++d) {
      const lowtide_batch_decision& decision = room.decisions[d];
      for (std::uint32_t i = 0; i < decision.output_count; ++i)
        sent.push_back({decision.element, decision.outputs[i]});
    }
    batch.first = report.done;
  }
}

// The measured part: one observation for each alert.
void observe(std::vector<Sent>& sent, Alerts& alerts, Room& room,
             const std::vector<lowtide_observation>& changes) {
  decide(sent, alerts, room, [&](auto* report, const auto* batch) {
    return lowtide_batch_observe(report, batch, changes.data(), sizeof(lowtide_observation));
  });
}

void tick(std::vector<Sent>& sent, Alerts& alerts, Room& room, std::int64_t at) {
  decide(sent, alerts, room,
         [&](auto* report, const auto* batch) { return lowtide_batch_tick(report, batch, at); });
}

std::string text(const lowtide_amount& amount) {
  char buffer[LOWTIDE_AMOUNT_TEXT_SIZE];
  std::size_t size = 0;
  must(lowtide_amount_format(&size, buffer, sizeof buffer, &amount), "format");
  return {buffer, size};
}

void write_sent(std::ostream& file, int round, const std::vector<Sent>& sent) {
  for (const auto& [id, o] : sent) {
    file << round << '\t' << id << '\t' << o.kind << '\t' << o.episode << '\t' << o.reminder << '\t'
         << o.skipped << '\t' << o.stop_reason << '\t' << o.reminders_sent << '\t' << o.fired_at
         << '\t' << o.at << '\t' << text(o.available_credit) << '\t' << text(o.threshold) << '\n';
  }
}

void write_alerts(std::ostream& file, const Alerts& alerts) {
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    lowtide_alert_fields f{};
    f.struct_size = sizeof f;
    must(lowtide_alert_read(&f, &alerts[i]), "read");
    const auto optional = [&](std::uint32_t flag, std::int64_t value) {
      return (f.flags & flag) != 0 ? std::to_string(value) : "";
    };
    file << i << '\t' << f.phase << '\t' << f.episode << '\t' << f.last_reminder << '\t'
         << f.reminders_sent << '\t' << optional(LOWTIDE_FIELDS_HAS_STOP_REASON, f.stop_reason)
         << '\t' << optional(LOWTIDE_FIELDS_HAS_FIRED_AT, f.fired_at) << '\t'
         << optional(LOWTIDE_FIELDS_HAS_FIRE_DAY, f.fire_day) << '\t'
         << ((f.flags & LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT) != 0 ? text(f.available_credit) : "")
         << '\t' << optional(LOWTIDE_FIELDS_HAS_SEQUENCE, f.sequence) << '\n';
  }
}

// Seconds.
struct Taken {
  double wall = 0;
  double processor = 0;
};

double processor_time() {
  std::timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Plays the stream once and returns the time spent on decisions. If `answers` is empty, nothing is
// written.
Taken pass(const std::string& folder, const Alerts& fresh, const std::string& answers) {
  Alerts alerts = fresh;
  Room room(alerts.size());
  std::vector<lowtide_observation> changes;
  std::vector<Sent> sent;
  changes.reserve(alerts.size());
  sent.reserve(alerts.size() / 10 + 16);
  std::ofstream outputs;
  if (!answers.empty()) outputs.open(answers + ".outputs");
  Taken taken;
  for (int round = 1; round <= rounds; ++round) {
    read_changes(changes, folder, round, alerts.size());
    sent.clear();
    const double used = processor_time();
    const auto start = std::chrono::steady_clock::now();
    observe(sent, alerts, room, changes);
    taken.wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    taken.processor += processor_time() - used;
    if (!answers.empty()) write_sent(outputs, round, sent);
  }
  if (answers.empty()) return taken;
  std::int64_t at = 0;
  std::ifstream(folder + "/tick") >> at;
  sent.clear();
  tick(sent, alerts, room, at);
  write_sent(outputs, rounds + 1, sent);
  std::ofstream states(answers + ".states");
  write_alerts(states, alerts);
  if (!outputs.flush() || !states.flush()) {
    std::fputs("peers_ours: could not write the answers\n", stderr);
    std::exit(1);
  }
  return taken;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: peers_ours FOLDER ALERTS\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  const auto alerts = read_alerts(folder, std::strtoull(argv[2], nullptr, 10));
  std::cout << "lowtide " << lowtide_version() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const std::string answers = line.starts_with("answer ") ? line.substr(7) : "";
    const Taken taken = pass(folder, alerts, answers);
    std::printf("%.9f %.9f\n", taken.wall, taken.processor);
    std::fflush(stdout);
  }
}

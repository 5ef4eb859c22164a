// SPDX-License-Identifier: Apache-2.0
// Writes a month of realistic events to standard output. The same arguments give the same bytes:
// [EVENTS [ACCOUNTS [SEED]]]. replay_bench.py runs it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <lowtide/instant.hpp>

namespace {

// SplitMix64. It gives the same numbers on every machine, unlike the distributions of the standard
// library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return (z ^ (z >> 31U)) % limit;
  }

 private:
  std::uint64_t state_;
};

// Amounts are in millionths: usage is metered in smaller units than payments.
struct Account {
  std::int64_t cash = 0;
  std::int64_t limit = 0;
  std::int64_t refunds = 0;
  std::int64_t current = 0;
  std::int64_t previous = 0;
  std::int64_t sequence = 0;
};

std::string amount(std::int64_t millionths) {
  std::array<char, 32> text{};
  const std::int64_t size = millionths < 0 ? -millionths : millionths;
  std::snprintf(text.data(), text.size(), "%s%lld.%06lld", millionths < 0 ? "-" : "",
                static_cast<long long>(size / 1000000), static_cast<long long>(size % 1000000));
  return text.data();
}

std::string head(const char* type, std::uint64_t account, lowtide::Instant at) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "customer-%06llu",
                static_cast<unsigned long long>(account));
  return std::string("{\"type\":\"") + type + "\",\"account\":\"" + name.data() + "\",\"at\":\"" +
         to_text(at) + "\"";
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t events = argument(1, 1000000);
  const std::uint64_t account_count = std::max<std::uint64_t>(argument(2, 10000), 1);
  Random random(argument(3, 1));
  constexpr std::int64_t start = 1772323200;  // 2026-03-01T00:00:00Z
  constexpr std::uint64_t month = std::uint64_t{31} * 86400;
  constexpr std::int64_t unit = 1000000;

  std::vector<Account> accounts(account_count);
  for (std::uint64_t i = 0; i < events; ++i) {
    const auto at =
        *lowtide::Instant::from_seconds(start + static_cast<std::int64_t>(month * i / events));
    const std::uint64_t number = i < account_count ? i : random.below(account_count);
    Account& account = accounts[number];
    std::string line;
    const std::uint64_t kind = random.below(100);
    if (i < account_count) {
      account = {static_cast<std::int64_t>(random.below(8000)) * unit,
                 static_cast<std::int64_t>(random.below(4) * 2500) * unit,
                 0,
                 0,
                 static_cast<std::int64_t>(random.below(1000)) * unit,
                 0};
      line = head("enable", number, at) + ",\"threshold\":\"" +
             std::to_string(100 * (1 + random.below(10))) + "\"";
      if (kind < 20) line += R"(,"reminders":{"count":3,"at":"09:00","utc_offset":"+08:00"})";
    } else if (kind == 0) {
      line = head("set_threshold", number, at) + ",\"threshold\":\"" +
             std::to_string(100 * (1 + random.below(10))) + "\"";
    } else {
      if (kind < 5) {
        account.cash += static_cast<std::int64_t>(random.below(3000)) * unit;
      } else if (kind < 7) {
        account.refunds += static_cast<std::int64_t>(random.below(20000000));
      } else {
        account.current += static_cast<std::int64_t>(random.below(150 * unit));
      }
      line = head("balance", number, at) + ",\"sequence\":" + std::to_string(++account.sequence);
      if (kind < 97) {
        line += ",\"balance\":{\"cash_balance\":\"" + amount(account.cash) +
                "\",\"credit_limit\":\"" + amount(account.limit) + "\",\"credit_refunds\":\"" +
                amount(account.refunds) + "\",\"unsettled_current_month\":\"" +
                amount(account.current) + "\",\"unsettled_previous_months\":\"" +
                amount(account.previous) + "\"}";
      } else {
        const std::int64_t credit =
            account.cash + account.limit + account.refunds - account.current - account.previous;
        line += ",\"available_credit\":\"" + amount(credit) + "\"";
      }
    }
    line += "}\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

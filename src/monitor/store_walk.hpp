// SPDX-License-Identifier: Apache-2.0
// Private: walks over all due accounts and all pending deliveries, page by page. Used by
// src/monitor alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lowtide/store.hpp>

namespace lowtide::detail {

// The cursor of a walk. A store that returns an earlier cursor again would never end the walk, so
// each new cursor is compared with one of an earlier page. That one is replaced after pages 1, 2,
// 4, 8 ... (Brent's algorithm), which finds a circle of any length while it remembers one cursor.
class PageCursor {
 public:
  // `callback` is the callback's name in the error.
  explicit PageCursor(const char* callback) noexcept : callback_(callback) {}

  // For the callback to move.
  WalkCursor& cursor() noexcept { return cursor_; }

  // Call it after each page that was not empty. Returns an error if the cursor repeats.
  std::optional<HostError> check();

 private:
  const char* callback_;
  WalkCursor cursor_;
  WalkCursor earlier_;  // at first equal to no cursor of any page: its goes_on is false
  std::uint64_t page_ = 0;
  std::uint64_t replace_at_ = 1;
};

class DueAccounts {
 public:
  // `store` is borrowed. A page has up to `limit` accounts.
  DueAccounts(Store& store, Instant end, bool inclusive, std::size_t limit) noexcept
      : store_(store), end_(end), inclusive_(inclusive), limit_(limit) {}

  // Reads the next page: accounts in the order of their names, each once. Empty: there are no more.
  std::optional<HostError> next(std::vector<std::string>& accounts);

 private:
  Store& store_;
  Instant end_;
  bool inclusive_;
  std::size_t limit_;
  PageCursor cursor_{"due"};
};

class PendingDeliveries {
 public:
  // `store` is borrowed.
  explicit PendingDeliveries(Store& store) noexcept : store_(store) {}

  // Reads the next page, the oldest deliveries first. Empty: there are no more.
  std::optional<HostError> next(std::vector<Delivery>& deliveries);

 private:
  Store& store_;
  PageCursor cursor_{"pending"};
};

}  // namespace lowtide::detail

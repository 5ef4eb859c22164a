// SPDX-License-Identifier: Apache-2.0
// Sinks: where callbacks put answers of any number and length.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lowtide/store.hpp>

#include <lowtide.h>

namespace lowtide::capi {

// Answers to `load`: a record for each name that was asked for.
class AccountAnswers {
 public:
  void ask(std::span<const std::string_view> names);
  lowtide_status put(const void* item);
  std::vector<AccountRecord> take() { return std::move(records_); }

 private:
  std::vector<AccountRecord> records_;
  std::vector<bool> answered_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

// Answers to `due` and to `pending`, with the cursor behind the last of them.
template <class Item>
struct WalkAnswers {
  std::vector<Item> items;
  std::size_t limit = 0;
  WalkCursor cursor;

  lowtide_status put(const void* item);
};
extern template struct WalkAnswers<std::string>;
extern template struct WalkAnswers<Delivery>;

}  // namespace lowtide::capi

// Belongs to a Monitor, so that one which is used after its callback is known for what it is.
struct lowtide_sink {
  enum class Kind : std::uint8_t { closed, accounts, due, pending, error };

  Kind kind = Kind::closed;
  bool broken = false;  // something that was put was refused
  lowtide::capi::AccountAnswers accounts;
  lowtide::capi::WalkAnswers<std::string> due;
  lowtide::capi::WalkAnswers<lowtide::Delivery> pending;
  std::string error;
  bool has_error = false;
};

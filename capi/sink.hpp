// SPDX-License-Identifier: Apache-2.0
// Private to capi/. Sinks: where callbacks put results of any number and length.
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

// The results of `load`: a record for each name that was requested.
class LoadedAccounts {
 public:
  void request(std::span<const std::string_view> names);
  lowtide_status put(const void* item);
  std::vector<AccountRecord> take() { return std::move(records_); }

 private:
  std::vector<AccountRecord> records_;
  std::vector<bool> was_put_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

// The results of one call of `due` or `pending`, with the cursor behind the last of them.
template <class Item>
struct WalkPage {
  std::vector<Item> items;
  std::size_t limit = 0;
  WalkCursor cursor;

  lowtide_status put(const void* item);
};
extern template struct WalkPage<std::string>;
extern template struct WalkPage<Delivery>;

}  // namespace lowtide::capi

// A Monitor owns its sinks, so that a sink which is used after its callback can be recognised.
struct lowtide_sink {
  enum class Kind : std::uint8_t { closed, accounts, due, pending, error };

  Kind kind = Kind::closed;
  bool broken = false;  // an item was refused
  lowtide::capi::LoadedAccounts accounts;
  lowtide::capi::WalkPage<std::string> due;
  lowtide::capi::WalkPage<lowtide::Delivery> pending;
  std::string error;
  bool has_error = false;
};

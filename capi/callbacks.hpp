// SPDX-License-Identifier: Apache-2.0
// Private to capi/. The callbacks of a C host as a Store and a Courier of C++. Whatever a callback
// does becomes a result of these, unless it ends its thread or leaves by longjmp.
#pragma once

#include <cstddef>  // defines __GLIBCXX__ if this is GNU's library

#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

#include <lowtide/store.hpp>

#include <lowtide.h>

#include "sink.hpp"

namespace lowtide::capi {

// Returns call(), or otherwise() if that throws. If the thread ends in it, glibc unwinds the stack
// with an exception that must be thrown on: if it is caught for good, the process is aborted. That
// exception is no object, so the sanitizer that checks objects must not see it.
template <class Call, class Otherwise>
__attribute__((no_sanitize("undefined"))) auto contain(Call call, Otherwise otherwise) {
  try {
    return call();
  }
#ifdef __GLIBCXX__
  catch (const abi::__forced_unwind&) {
    throw;
  }
#endif
  catch (...) {
    return otherwise();
  }
}

class Callbacks final : public Store, public Courier {
 public:
  explicit Callbacks(const lowtide_host& host) : host_(host) {}

  std::optional<HostError> load(std::span<const std::string_view> accounts,
                                std::vector<AccountRecord>& records) override;
  std::optional<HostError> commit(std::span<const AccountCommit> commits,
                                  std::span<CommitResult> results) override;
  std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit, WalkCursor& cursor,
                               std::vector<std::string>& accounts) override;
  std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                   std::vector<Delivery>& deliveries) override;
  std::optional<HostError> record_delivery(const Delivery& delivery, DeliveryState state,
                                           std::string_view error, Instant now) override;
  HandoverResult deliver(const Delivery& delivery) override;

 private:
  template <class Call>
  std::int32_t call(lowtide_sink::Kind kind, Call one);
  std::optional<HostError> failure(const char* callback, std::int32_t code) const noexcept;
  HostError describe(const char* callback, std::int32_t code, bool is_defined) const noexcept;
  HandoverResult handed_over(Handover handover, const char* without_words) const noexcept;
  template <class Page, class Item>
  std::optional<HostError> walk(lowtide_sink::Kind kind, const char* name, Page& page,
                                const lowtide_walk& from, WalkCursor& cursor,
                                std::vector<Item>& items);

  lowtide_host host_;
  lowtide_sink results_;
  lowtide_sink error_;
  bool threw_ = false;
};

}  // namespace lowtide::capi

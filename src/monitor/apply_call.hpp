// SPDX-License-Identifier: Apache-2.0
// Private: one call of Monitor::apply. Used by src/monitor alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <lowtide/monitor.hpp>
#include <lowtide/store.hpp>

#include "monitor/event_group.hpp"

namespace lowtide::detail {

// The most accounts that are loaded and committed together.
inline std::size_t chunk_size(const MonitorOptions& options) noexcept {
  return std::max<std::size_t>(options.accounts_per_commit, 1);
}

class ApplyCall {
 public:
  // All arguments are borrowed.
  ApplyCall(Store& store, const MonitorOptions& options, std::span<const AccountEvent> events,
            Instant now, const Monitor::Prepare& prepare);

  // Call it once.
  std::vector<EventReport> run();

 private:
  void apply_chunk(std::span<EventGroup> chunk);
  void make_attempt(std::span<EventGroup> chunk);
  std::optional<HostError> load(const std::vector<EventGroup*>& open,
                                std::vector<AccountRecord>& records);
  bool decide_group(EventGroup& group, AccountRecord& record, std::vector<AccountCommit>& commits);
  void take_result(EventGroup& group, AccountCommit& commit, CommitResult result) noexcept;

  void close_open_groups(std::span<EventGroup> chunk, EventStatus status, std::string_view error,
                         std::string_view error_in_doubt) noexcept;
  void close_without_commit(EventGroup& group, std::string_view error) noexcept;
  void close(EventGroup& group, EventStatus status, std::string_view error) noexcept;
  void refuse(std::size_t i, std::string_view error);
  std::string_view commit_failure() const noexcept;

  Store& store_;
  const MonitorOptions& options_;
  std::span<const AccountEvent> events_;
  Instant now_;
  const Monitor::Prepare& prepare_;
  std::vector<EventReport> reports_;
  std::optional<HostError> commit_error_;  // of the chunk's last commit
  bool may_have_stored_ = false;           // a commit of any chunk was stored or is in doubt
};

}  // namespace lowtide::detail

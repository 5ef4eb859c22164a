// SPDX-License-Identifier: Apache-2.0
// Loads, decides and commits the accounts of one call of Monitor::apply, chunk by chunk. It must
// never decide twice what may be stored already, and never lose the report of what was stored.
#include "monitor/apply_call.hpp"

#include <new>
#include <string>
#include <utility>

#include "monitor/account_work.hpp"
#include "monitor/error_text.hpp"

namespace lowtide::detail {
namespace {

bool has_open(std::span<const EventGroup> chunk) noexcept {
  return std::ranges::any_of(
      chunk, [](const EventGroup& group) { return group.stage != GroupStage::closed; });
}

}  // namespace

ApplyCall::ApplyCall(Store& store, const MonitorOptions& options,
                     std::span<const AccountEvent> events, Instant now,
                     const Monitor::Prepare& prepare)
    : store_(store),
      options_(options),
      events_(events),
      now_(now),
      prepare_(prepare),
      reports_(events.size()) {}

std::vector<EventReport> ApplyCall::run() {
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (auto error = check_event(events_[i], options_.skew, now_)) refuse(i, *error);
  }
  std::vector<EventGroup> groups = group_by_account(events_, reports_);
  for (std::span<EventGroup> rest(groups); !rest.empty();) {
    const std::size_t size = std::min(chunk_size(options_), rest.size());
    apply_chunk(rest.first(size));
    rest = rest.subspan(size);
  }
  return std::move(reports_);
}

// Makes attempts until all groups of the chunk are closed, or there are no attempts left.
void ApplyCall::apply_chunk(std::span<EventGroup> chunk) {
  const unsigned attempts =
      options_.mode == TransactionMode::joined ? 1 : std::max(options_.attempts, 1U);
  commit_error_.reset();
  unsigned attempt = 0;
  try {
    for (; attempt < attempts && has_open(chunk); ++attempt) make_attempt(chunk);
    close_open_groups(chunk, EventStatus::conflict, "others committed it first", commit_failure());
  } catch (const std::bad_alloc&) {
    if (!may_have_stored_) throw;
    // A group is open after the first attempt only if it met a conflict or is in doubt.
    const EventStatus status = attempt == 0 ? EventStatus::failed : EventStatus::conflict;
    close_open_groups(chunk, status, no_memory, no_memory);
  }
}

// Loads, decides and commits the open groups once.
void ApplyCall::make_attempt(std::span<EventGroup> chunk) {
  std::vector<EventGroup*> open;
  for (EventGroup& group : chunk) {
    if (group.stage != GroupStage::closed) open.push_back(&group);
  }
  std::vector<AccountRecord> records;
  if (const auto error = load(open, records)) {
    for (EventGroup* const group : open) close_without_commit(*group, error->what);
    return;
  }
  std::vector<AccountCommit> commits;
  std::vector<EventGroup*> committing;
  commits.reserve(open.size());
  committing.reserve(open.size());
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (decide_group(*open[i], records[i], commits)) committing.push_back(open[i]);
  }
  std::vector<CommitResult> results(commits.size(), CommitResult::failed);
  if (prepare_) {
    std::vector<std::size_t> decided;
    for (const EventGroup* const group : open)
      decided.insert(decided.end(), group->events.begin(), group->events.end());
    prepare_(reports_, decided);
  }
  if (!commits.empty()) commit_error_ = store_.commit(commits, results);

  // Nothing may throw from here to the end of the attempt: accounts may have been stored.
  for (std::size_t i = 0; i < commits.size(); ++i)
    take_result(*committing[i], commits[i], results[i]);
  for (EventGroup* const group : open) {
    if (group->stage == GroupStage::decided) group->stage = GroupStage::closed;
  }
}

std::optional<HostError> ApplyCall::load(const std::vector<EventGroup*>& open,
                                         std::vector<AccountRecord>& records) {
  std::vector<std::string_view> names(open.size());
  std::ranges::transform(open, names.begin(),
                         [](const EventGroup* group) { return group->account; });
  if (auto error = store_.load(names, records)) return error;
  if (records.size() == names.size()) return std::nullopt;
  return HostError{"load returned " + std::to_string(records.size()) + " of " +
                   std::to_string(names.size()) + " accounts"};
}

// Decides the events of a group, and appends its commit. Returns false without one: there is
// nothing to store, or the group was closed.
bool ApplyCall::decide_group(EventGroup& group, AccountRecord& record,
                             std::vector<AccountCommit>& commits) {
  if (const auto wrong = check_loaded(record, group.account)) {
    close_without_commit(group, *wrong);
    return false;
  }
  // The commit in doubt took place. Deciding on top of it would let events without a sequence,
  // such as a fall and a recovery, take effect twice.
  if (group.in_doubt && matches_commit(record, *group.in_doubt)) {
    group.stage = GroupStage::closed;
    return false;
  }
  // Others committed since, so nobody can tell whether the commit in doubt took place before.
  const bool others_on_top = group.in_doubt && record.revision > group.in_doubt->revision;
  if (others_on_top && !is_safe_to_repeat(group, events_)) {
    close(group, EventStatus::unknown, commit_failure());
    return false;
  }
  AccountWork work(std::move(record), options_, now_);
  if (const auto wrong = work.decode_alerts()) {
    close_without_commit(group, *wrong);
    return false;
  }
  for (const std::size_t i : group.events) {
    if (auto wrong = work.apply(events_[i].event, reports_[i])) refuse(i, *wrong);
  }
  if (work.needs_commit()) {
    commits.push_back(work.finish());
    return true;
  }
  // What has no effect after others committed may have had its effect, outputs and all, before.
  if (others_on_top) {
    close(group, EventStatus::unknown, commit_failure());
  } else {
    group.stage = GroupStage::decided;
  }
  return false;
}

void ApplyCall::take_result(EventGroup& group, AccountCommit& commit,
                            CommitResult result) noexcept {
  switch (result) {
    case CommitResult::committed:
      may_have_stored_ = true;
      group.stage = GroupStage::closed;
      return;
    case CommitResult::conflict: return;
    case CommitResult::unknown:
      // The next attempt finds out whether it was stored, and decides again if not.
      may_have_stored_ = true;
      group.in_doubt = std::move(commit.after);
      return;
    case CommitResult::failed: close_without_commit(group, commit_failure()); return;
  }
  close_without_commit(group, "the store returned an undefined commit result");
}

// Closes the groups in doubt as unknown, and the other open ones with `status`.
void ApplyCall::close_open_groups(std::span<EventGroup> chunk, EventStatus status,
                                  std::string_view error,
                                  std::string_view error_in_doubt) noexcept {
  for (EventGroup& group : chunk) {
    if (group.stage == GroupStage::closed) continue;
    if (group.in_doubt) {
      close(group, EventStatus::unknown, error_in_doubt);
    } else {
      close(group, status, error);
    }
  }
}

void ApplyCall::close_without_commit(EventGroup& group, std::string_view error) noexcept {
  close(group, status_without_commit(group), error);
}

void ApplyCall::close(EventGroup& group, EventStatus status, std::string_view error) noexcept {
  close_group(group, status, error, reports_);
}

void ApplyCall::refuse(std::size_t i, std::string_view error) {
  reports_[i] = {EventStatus::refused, account_error(events_[i].account, error), {}};
}

std::string_view ApplyCall::commit_failure() const noexcept {
  return commit_error_ ? std::string_view(commit_error_->what) : "the store could not commit it";
}

}  // namespace lowtide::detail

// SPDX-License-Identifier: Apache-2.0
// Private to the killpoint library. The library is preloaded into a program under test and
// intercepts the calls with which the program changes files. It counts them, and can kill the
// process at one of them, make them fail, or record how to undo changes that were not synced.
// Environment variables control it:
//
//   KILL_COUNTER=FILE   8 bytes: the number of calls so far, shared by all programs of one run
//   KILL_TRACE=FILE     gets one line per call: its kind, the number of bytes, the file
//   KILL_AT=N           kill the process at call N, with SIGKILL
//   KILL_WHEN=before|after|short   before the call, after it, or after writing half of the bytes
//   KILL_FAIL=NUMBER    calls fail with this errno. Which calls:
//     KILL_FAIL_KINDS=write,sync,...   of these kinds
//     KILL_FAIL_PATH=TEXT              on files whose path contains this text
//     KILL_FAIL_FROM=N                 from call N on (default 1)
//   KILL_UNDO=FOLDER    FOLDER/log gets the records to undo all changes under KILL_ROOT=FOLDER that
//   no
//                       sync has made durable
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace killpoint {

struct Setting {
  std::atomic<std::uint64_t>* counter = nullptr;
  std::uint64_t at = 0;
  std::string when;
  int trace = -1;
  int fail = 0;
  std::uint64_t fail_from = 1;
  std::string fail_kinds;
  std::string fail_path;
  std::string root;
  std::string undo_folder;
  int undo = -1;
};

// Null if the variables are not set. Never destroyed: the program makes calls until its very end.
extern Setting* setting;

int open_raw(const std::string& path, int flags);  // without being counted
std::string path_of(int fd);
std::string path_at(int folder, const char* path);
bool exists(const std::string& path);

// Whether a power failure would undo changes of the file.
bool is_undone(const std::string& path);
// Appends a record to the log.
void record(const std::string& text);
// The record that undoes a change of [offset, offset + size) of a file: the bytes before the
// change.
std::string before_change(int fd, const std::string& path, std::int64_t offset, std::uint64_t size);
// Records that a sync has made the changes of a file, or the names in a folder, durable.
void record_sync(int fd, const std::string& path);
// Links a file that is about to lose its name under another name, and returns that; "-" if there is
// no file.
std::string keep(const std::string& path);

}  // namespace killpoint

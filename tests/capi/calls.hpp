// SPDX-License-Identifier: Apache-2.0
// Every function of the C headers that takes pointers, as data: valid arguments, each in memory of
// its own, and how to call it.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <lowtide.h>

namespace capi {

struct Argument {
  std::vector<unsigned char> bytes;  // what it points to
  std::size_t alignment = 1;
  bool is_struct = false;  // begins with struct_size
  bool written = false;
  int twin = -1;  // the arguments that it may be the same as
  int other_twin = -1;
};

struct Call {
  std::string name;
  std::vector<Argument> arguments;
  std::function<lowtide_status(const std::vector<void*>&)> invoke;
};

template <class T>
Argument in(const T& value) {
  Argument argument;
  const std::size_t size = sizeof value;  // NOLINT(bugprone-sizeof-expression): of a pointer to a
                                          // pointer, that is what is meant
  argument.bytes.resize(size);
  std::memcpy(argument.bytes.data(), &value, size);
  argument.alignment = alignof(T);
  return argument;
}
template <class T>
Argument in_struct(T value) {
  value.struct_size = sizeof value;
  Argument argument = in(value);
  argument.is_struct = true;
  return argument;
}
template <class T>
Argument out(int twin = -1, int other_twin = -1) {
  Argument argument = in(T{});
  argument.written = true;
  argument.twin = twin;
  argument.other_twin = other_twin;
  return argument;
}
template <class T>
Argument out_struct() {
  Argument argument = in_struct(T{});
  argument.written = true;
  return argument;
}
inline Argument text(const char* characters) {
  Argument argument;
  argument.bytes.assign(characters, characters + std::strlen(characters));
  return argument;
}
inline Argument buffer(std::size_t size) {
  Argument argument;
  argument.bytes.resize(size);
  argument.written = true;
  return argument;
}

template <class T>
T* as(void* pointer) {
  return static_cast<T*>(pointer);
}

// Returns the status, and remembers that it occurred: every status of the header must.
lowtide_status met(lowtide_status status);
bool was_met(lowtide_status status);

// An alert that is alerting: it has the most fields to check.
lowtide_alert alerting();
lowtide_output fire();

// All of them, and those of a Monitor alone.
std::vector<Call> calls();
std::vector<Call> monitor_calls();

}  // namespace capi

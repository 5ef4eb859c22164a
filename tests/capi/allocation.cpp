// SPDX-License-Identifier: Apache-2.0
#include "allocation.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace capi {

std::atomic<std::uint64_t> allowed = no_failure;
bool fail_once = false;
bool fail_strangely = false;
std::atomic<std::int64_t> living = 0;

}  // namespace capi

namespace {

using capi::allowed;
using capi::living;

void* allocate(std::size_t size) {
  if (allowed == 0) {
    if (capi::fail_once) allowed = capi::no_failure;
    if (capi::fail_strangely)
      throw 42;  // NOLINT(hicpp-exception-baseclass): an exception of no known type
    throw std::bad_alloc();
  }
  if (allowed != capi::no_failure) --allowed;
  void* const memory = std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc)
  if (memory == nullptr) throw std::bad_alloc();
  ++living;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr) --living;
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return allocate(size);
  } catch (...) {
    return nullptr;
  }
}
// The compiler reports that memory from operator new is passed to free. Here that is intended.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }

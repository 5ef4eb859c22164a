// SPDX-License-Identifier: Apache-2.0
// Wrong pointers, sizes and overlaps in every argument of every function, alone and in pairs: the
// right error is returned, and nothing is written.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"

namespace {

using capi::Argument;
using capi::Call;

// Memory for the arguments of one call. Each has a block of its own, aligned to 16 and exactly as
// large as needed, so that sanitizers notice every access behind it.
class Memory {
 public:
  explicit Memory(const Call& call) : call_(call) {
    for (const Argument& argument : call.arguments) place(argument, 0, argument.bytes.size());
  }

  // Gives argument i new memory of `size` bytes, `shift` bytes off its alignment.
  void lay_out(std::size_t i, std::size_t shift, std::size_t size) {
    Block block = make(call_.arguments[i], shift, size);
    blocks_[i] = std::move(block);
    pointers_[i] = blocks_[i].data() + shift;
  }
  void point(std::size_t i, void* to) { pointers_[i] = to; }
  void* pointer(std::size_t i) const { return pointers_[i]; }

  lowtide_status invoke() const { return call_.invoke(pointers_); }
  std::vector<std::vector<unsigned char>> contents() const {
    std::vector<std::vector<unsigned char>> all;
    for (const Block& block : blocks_) all.emplace_back(block.data(), block.data() + block.size());
    return all;
  }

 private:
  class Block {
   public:
    // NOLINTBEGIN(cppcoreguidelines-no-malloc): exactly this size, for sanitizers
    explicit Block(std::size_t size)
        : bytes_(static_cast<unsigned char*>(std::malloc(std::max<std::size_t>(size, 1)))),
          size_(size) {}
    // NOLINTEND(cppcoreguidelines-no-malloc)
    unsigned char* data() const { return bytes_.get(); }
    std::size_t size() const { return size_; }

   private:
    struct Free {
      // NOLINTNEXTLINE(cppcoreguidelines-no-malloc)
      void operator()(unsigned char* bytes) const { std::free(bytes); }
    };
    std::unique_ptr<unsigned char, Free> bytes_;
    std::size_t size_;
  };

  static Block make(const Argument& argument, std::size_t shift, std::size_t size) {
    Block block(shift + size);
    std::fill_n(block.data(), block.size(), static_cast<unsigned char>(0));
    std::copy_n(argument.bytes.begin(), std::min(size, argument.bytes.size()),
                block.data() + shift);
    return block;
  }
  void place(const Argument& argument, std::size_t shift, std::size_t size) {
    blocks_.push_back(make(argument, shift, size));
    pointers_.push_back(blocks_.back().data() + shift);
  }

  const Call& call_;
  std::vector<Block> blocks_;
  std::vector<void*> pointers_;
};

void set_struct_size(const Memory& memory, std::size_t i, std::uint32_t size) {
  std::memcpy(memory.pointer(i), &size, sizeof size);
}

// Makes the call, and checks that nothing was written.
lowtide_status refused(const Memory& memory) {
  const auto before = memory.contents();
  const lowtide_status status = capi::met(memory.invoke());
  CHECK(memory.contents() == before);
  return status;
}

std::uint64_t refusals = 0;

void expect(lowtide_status expected, const Memory& memory) {
  CHECK(refused(memory) == expected);
  ++refusals;
}

}  // namespace

TEST_CASE("arguments: every function accepts valid ones") {
  for (const Call& call : capi::calls()) {
    CAPTURE(call.name);
    CHECK(Memory(call).invoke() == LOWTIDE_OK);
  }
  exercised("functions of lowtide.h with arguments that are right", capi::calls().size(),
            "functions", 35);
}

TEST_CASE("arguments: NULL in any place is an error that comes before all others") {
  for (const Call& call : capi::calls()) {
    CAPTURE(call.name);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      CAPTURE(i);
      Memory memory(call);
      memory.point(i, nullptr);
      expect(LOWTIDE_NULL_ARGUMENT, memory);
      for (std::size_t j = 0; j < call.arguments.size(); ++j) {
        if (j == i) continue;
        Memory both(call);
        both.lay_out(j, 1, call.arguments[j].bytes.size());
        if (call.arguments[j].is_struct) set_struct_size(both, j, 1);
        both.point(i, nullptr);
        expect(LOWTIDE_NULL_ARGUMENT, both);
      }
    }
  }
  exercised("refusals with NULL and without a write", refusals, "calls", 200);
}

TEST_CASE("arguments: a misaligned pointer is an error that comes before all others but NULL") {
  refusals = 0;
  for (const Call& call : capi::calls()) {
    CAPTURE(call.name);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      for (std::size_t shift = 1; shift < call.arguments[i].alignment; ++shift) {
        CAPTURE(i);
        Memory memory(call);
        memory.lay_out(i, shift, call.arguments[i].bytes.size());
        expect(LOWTIDE_MISALIGNED, memory);
        for (std::size_t j = 0; j < call.arguments.size(); ++j) {
          if (j == i || !call.arguments[j].is_struct) continue;
          set_struct_size(memory, j, 0);
          expect(LOWTIDE_MISALIGNED, memory);
        }
      }
    }
  }
  exercised("refusals of misaligned pointers without a write", refusals, "calls", 200);
}

TEST_CASE(
    "struct_size: a larger struct is accepted if its unknown bytes are zero, and no other size") {
  refusals = 0;
  std::uint64_t larger = 0;
  for (const Call& call : capi::calls()) {
    CAPTURE(call.name);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (!call.arguments[i].is_struct) continue;
      CAPTURE(i);
      const std::size_t known = call.arguments[i].bytes.size();
      for (std::size_t size = 0; size < known; ++size) {
        Memory memory(call);
        // The memory is as small as the struct says.
        memory.lay_out(i, 0, std::max<std::size_t>(size, sizeof(std::uint32_t)));
        set_struct_size(memory, i, static_cast<std::uint32_t>(size));
        expect(LOWTIDE_STRUCT_SIZE, memory);
      }
      for (const std::size_t size :
           {std::size_t{4097}, std::size_t{1} << 31U, std::size_t{UINT32_MAX}}) {
        Memory memory(call);
        set_struct_size(memory, i, static_cast<std::uint32_t>(size));
        expect(LOWTIDE_STRUCT_SIZE, memory);
      }
      for (const std::size_t size : {known + 1, known + 8, known + 96, std::size_t{4096}}) {
        Memory memory(call);
        memory.lay_out(i, 0, size);
        set_struct_size(memory, i, static_cast<std::uint32_t>(size));
        for (const std::size_t place : {known, size - 1}) {
          static_cast<unsigned char*>(memory.pointer(i))[place] = 1;
          expect(LOWTIDE_STRUCT_SIZE, memory);
          static_cast<unsigned char*>(memory.pointer(i))[place] = 0;
        }
        CHECK(memory.invoke() == LOWTIDE_OK);
        // The unknown bytes are unchanged, and so is the size.
        const auto* const bytes = static_cast<unsigned char*>(memory.pointer(i));
        CHECK(
            std::all_of(bytes + known, bytes + size, [](unsigned char byte) { return byte == 0; }));
        std::uint32_t stated = 0;
        std::memcpy(&stated, bytes, sizeof stated);
        CHECK(stated == size);
        ++larger;
      }
    }
  }
  exercised("refusals of struct_size without a write", refusals, "calls", 1000);
  exercised("larger structs that say nothing unknown", larger, "calls", 40);
}

TEST_CASE(
    "struct_size: zeros behind a struct mean as before, and the outputs are the same to the bit") {
  std::uint64_t compared = 0;
  for (const Call& call : capi::calls()) {
    // The reports of a Monitor hold pointers, which differ.
    if (call.name.starts_with("lowtide_monitor")) continue;
    CAPTURE(call.name);
    Memory exact(call);
    REQUIRE(exact.invoke() == LOWTIDE_OK);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (!call.arguments[i].is_struct) continue;
      CAPTURE(i);
      const std::size_t known = call.arguments[i].bytes.size();
      Memory larger(call);
      larger.lay_out(i, 0, known + 40);
      set_struct_size(larger, i, static_cast<std::uint32_t>(known + 40));
      REQUIRE(larger.invoke() == LOWTIDE_OK);
      for (std::size_t j = 0; j < call.arguments.size(); ++j) {
        const std::size_t size_first = call.arguments[j].is_struct ? sizeof(std::uint32_t) : 0;
        const auto* const one = static_cast<const unsigned char*>(exact.pointer(j));
        const auto* const other = static_cast<const unsigned char*>(larger.pointer(j));
        CHECK(
            std::equal(one + size_first, one + call.arguments[j].bytes.size(), other + size_first));
      }
      ++compared;
    }
  }
  exercised("larger structs that mean the same", compared, "calls", 13);
}

TEST_CASE(
    "arguments: an output that overlaps another argument is an error, unless it may be the same") {
  refusals = 0;
  std::uint64_t same = 0;
  for (const Call& call : capi::calls()) {
    CAPTURE(call.name);
    const auto& arguments = call.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      for (std::size_t j = 0; j < arguments.size(); ++j) {
        if (i == j || !arguments[i].written) continue;
        CAPTURE(i);
        CAPTURE(j);
        // Both lie in one block, at each distance at which they share a byte.
        const auto size_i = static_cast<std::ptrdiff_t>(arguments[i].bytes.size());
        const auto size_j = static_cast<std::ptrdiff_t>(arguments[j].bytes.size());
        const auto step =
            static_cast<std::ptrdiff_t>(std::max(arguments[i].alignment, arguments[j].alignment));
        std::vector<std::uint64_t> block(static_cast<std::size_t>(size_i + 2 * size_j + 64) / 8 +
                                         8);
        auto* const base =
            static_cast<unsigned char*>(static_cast<void*>(block.data())) + (size_j + 15) / 8 * 8;
        for (std::ptrdiff_t distance = -(size_j - 1) / step * step; distance < size_i;
             distance += step) {
          // Where they overlap in a struct_size, one of the sizes is wrong, and that error comes
          // first.
          Memory memory(call);
          std::copy(arguments[j].bytes.begin(), arguments[j].bytes.end(), base + distance);
          std::copy(arguments[i].bytes.begin(), arguments[i].bytes.end(), base);
          if (arguments[j].is_struct) std::copy_n(arguments[j].bytes.begin(), 4, base + distance);
          memory.point(i, base);
          memory.point(j, base + distance);
          const bool twins = distance == 0 && (arguments[i].twin == static_cast<int>(j) ||
                                               arguments[i].other_twin == static_cast<int>(j));
          const std::vector<std::uint64_t> before = block;
          const lowtide_status status = capi::met(memory.invoke());
          if (twins) {
            CHECK(status == LOWTIDE_OK);
            ++same;
            continue;
          }
          const bool fits = status == LOWTIDE_OVERLAP || status == LOWTIDE_STRUCT_SIZE;
          CHECK_MESSAGE(fits, "distance " << distance << ": " << lowtide_status_name(status));
          CHECK(block == before);
          if (status == LOWTIDE_OVERLAP) ++refusals;
        }
      }
    }
  }
  CHECK(same ==
        4 + 6);  // add and subtract with either term; the six functions that change an alert
  exercised("refusals of overlaps without a write", refusals, "calls", 1000);
}

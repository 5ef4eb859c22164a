// SPDX-License-Identifier: Apache-2.0
// Result: a value, or the error that says why there is none. Expected failures travel as values;
// nothing here throws.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>

namespace lowtide {

// What kind of thing is wrong. The values are pinned and never reused.
enum class ErrorCode : std::uint8_t {
  malformed = 1,     // the text does not have the required form
  inexact = 2,       // a digit other than 0 beyond the 18th decimal place
  overflow = 3,      // an amount outside the representable range
  out_of_range = 4,  // a number, an instant or a name outside its documented range
  inconsistent = 5,  // each field is in range, but together they describe no alert that can exist
  corrupt = 6,       // stored bytes that were damaged
  newer_format = 7,  // stored bytes, undamaged, of a format that this version does not know
};

// Why something was refused. Both texts are static: `field` names the offending field ("" where the
// caller knows it better), `rule` is the broken rule as a clause that can follow "FIELD: ".
struct Error {
  ErrorCode code;
  const char* field;
  const char* rule;
};

template <class T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) noexcept : value_(std::move(value)) {}
  // Precondition: error.code is one of the codes above.
  constexpr Result(Error error) noexcept : error_(error) {}

  constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr bool has_value() const noexcept { return error_.code == ErrorCode{}; }

  // The value; ends the process where there is none, so look first unless the input is a literal of
  // your own.
  constexpr const T& value() const& noexcept {
    require(has_value());
    return held(value_);
  }
  constexpr T value() && noexcept {
    require(has_value());
    return std::move(held(value_));
  }
  constexpr const T& operator*() const& noexcept { return value(); }
  constexpr T operator*() && noexcept { return std::move(*this).value(); }
  constexpr const T* operator->() const noexcept { return &value(); }

  // The error; ends the process where there is a value.
  constexpr Error error() const noexcept {
    require(!has_value());
    return error_;
  }

 private:
  static constexpr void require(bool held) noexcept {
    if (!held) [[unlikely]] {
      std::abort();
    }
  }

  static constexpr T& held(T& value) noexcept { return value; }
  static constexpr T& held(std::optional<T>& value) noexcept { return *value; }
  static constexpr const T& held(const T& value) noexcept { return value; }
  static constexpr const T& held(const std::optional<T>& value) noexcept { return *value; }

  // Side by side, and not in a union where T has a default: compilers keep plain members in
  // registers.
  Error error_{};
  std::conditional_t<std::is_default_constructible_v<T>, T, std::optional<T>> value_{};
};

}  // namespace lowtide

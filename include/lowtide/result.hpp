// SPDX-License-Identifier: Apache-2.0
// Result: a value, or the error that explains why there is none. Expected failures are values;
// nothing here throws.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>

namespace lowtide {

// The kind of an error. The values never change and are never reused.
enum class ErrorCode : std::uint8_t {
  malformed = 1,     // the text does not have the required form
  inexact = 2,       // a digit other than 0 beyond the 18th decimal place
  overflow = 3,      // an amount outside the representable range
  out_of_range = 4,  // a number, an instant or a name outside its documented range
  inconsistent = 5,  // each field is in range, but together they describe no alert that can exist
  corrupt = 6,       // stored bytes that are damaged
  newer_format = 7,  // intact stored bytes, in a format that this version does not know
};

// Why a value was refused. Both texts are static. `field` names the field ("" where only the caller
// knows it); `rule` is the broken rule, worded to follow "FIELD: ".
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

  // The value. Ends the process if there is none: check first, unless the input is a literal in
  // your code.
  constexpr const T& value() const& noexcept {
    require(has_value());
    return unwrap(value_);
  }
  constexpr T value() && noexcept {
    require(has_value());
    return std::move(unwrap(value_));
  }
  constexpr const T& operator*() const& noexcept { return value(); }
  constexpr T operator*() && noexcept { return std::move(*this).value(); }
  constexpr const T* operator->() const noexcept { return &value(); }

  // The error. Ends the process if there is a value.
  constexpr Error error() const noexcept {
    require(!has_value());
    return error_;
  }

 private:
  static constexpr void require(bool condition) noexcept {
    if (!condition) [[unlikely]] {
      std::abort();
    }
  }

  static constexpr T& unwrap(T& value) noexcept { return value; }
  static constexpr T& unwrap(std::optional<T>& value) noexcept { return *value; }
  static constexpr const T& unwrap(const T& value) noexcept { return value; }
  static constexpr const T& unwrap(const std::optional<T>& value) noexcept { return *value; }

  // Error and value are separate members rather than a union: compilers hold plain members in
  // registers. (A T without a default constructor needs the optional.)
  Error error_{};
  std::conditional_t<std::is_default_constructible_v<T>, T, std::optional<T>> value_{};
};

}  // namespace lowtide

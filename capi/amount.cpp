// SPDX-License-Identifier: Apache-2.0
// Amounts of lowtide.h: text, sums, order. Called through the C headers only. Calculates nothing
// itself: lowtide::Amount does.
#include <lowtide/amount.hpp>

#include <algorithm>
#include <array>

#include "arguments.hpp"
#include "convert.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

lowtide_status combine(Result<Amount> (*operation)(Amount, Amount) noexcept, lowtide_amount* result,
                       const lowtide_amount* a, const lowtide_amount* b) noexcept {
  if (const lowtide_status wrong = check_arguments(out(result, result == a ? a : b), in(a), in(b)))
    return wrong;
  const Result<Amount> combined = operation(from_c(*a), from_c(*b));
  if (!combined) return status(combined.error().code);
  *result = to_c(*combined);
  return LOWTIDE_OK;
}

}  // namespace

lowtide_status lowtide_amount_parse(lowtide_amount* amount, const char* text, size_t text_size) {
  if (const lowtide_status wrong = check_arguments(out(amount), in_bytes(text, text_size)))
    return wrong;
  const Result<Amount> parsed = Amount::parse({text, text_size});
  if (!parsed) return status(parsed.error().code);
  *amount = to_c(*parsed);
  return LOWTIDE_OK;
}

lowtide_status lowtide_amount_format(size_t* text_size, char* text, size_t capacity,
                                     const lowtide_amount* amount) {
  if (const lowtide_status wrong =
          check_arguments(out(text_size), out_bytes(text, capacity), in(amount)))
    return wrong;
  static_assert(LOWTIDE_AMOUNT_TEXT_SIZE == Amount::text_size);
  std::array<char, Amount::text_size> written{};
  const char* const end = write_text(written.data(), from_c(*amount));
  const auto size = static_cast<std::size_t>(end - written.data());
  *text_size = size;
  if (size > capacity) return LOWTIDE_BUFFER_TOO_SMALL;
  std::copy_n(written.data(), size, text);
  return LOWTIDE_OK;
}

lowtide_status lowtide_amount_add(lowtide_amount* result, const lowtide_amount* a,
                                  const lowtide_amount* b) {
  return combine(add, result, a, b);
}

lowtide_status lowtide_amount_subtract(lowtide_amount* result, const lowtide_amount* a,
                                       const lowtide_amount* b) {
  return combine(subtract, result, a, b);
}

lowtide_status lowtide_amount_compare(int32_t* order, const lowtide_amount* a,
                                      const lowtide_amount* b) {
  if (const lowtide_status wrong = check_arguments(out(order), in(a), in(b))) return wrong;
  const Amount first = from_c(*a);
  const Amount second = from_c(*b);
  *order = first < second ? -1 : (second < first ? 1 : 0);
  return LOWTIDE_OK;
}

// SPDX-License-Identifier: Apache-2.0
// The key of an output. Called through the C headers only. The text is that of lowtide::output_key.
#include <lowtide/key.hpp>

#include <algorithm>
#include <new>

#include "arguments.hpp"
#include "convert.hpp"

using namespace lowtide;
using namespace lowtide::capi;

lowtide_status lowtide_output_key(size_t* key_size, char* key, size_t capacity, const char** field,
                                  const char* account, size_t account_size, const char* alert,
                                  size_t alert_size, const lowtide_output* output) {
  if (const lowtide_status wrong = check_arguments(
          out(key_size), out_bytes(key, capacity), out(field), in_bytes(account, account_size),
          in_bytes(alert, alert_size), in_struct(output))) {
    return wrong;
  }
  Output value;
  if (const auto error = capi::from_c(value, *output)) {
    *field = error->field;
    return error->status;
  }
  try {
    const Result<std::string> text =
        output_key({account, account_size}, {alert, alert_size}, value);
    if (!text) {
      *field = text.error().field;
      return status(text.error().code);
    }
    *key_size = text->size();
    if (text->size() > capacity) return LOWTIDE_BUFFER_TOO_SMALL;
    std::ranges::copy(*text, key);
    return LOWTIDE_OK;
  } catch (const std::bad_alloc&) {
    return LOWTIDE_OUT_OF_MEMORY;
  } catch (...) {
    return LOWTIDE_INTERNAL_ERROR;
  }
}

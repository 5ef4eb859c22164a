// SPDX-License-Identifier: Apache-2.0
// The names of phases, stop reasons, reasons and outputs. Called through the C headers only. The
// texts are those of C++.
#include <lowtide/decide.hpp>

#include "arguments.hpp"
#include "convert.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

// The texts of C++ are string literals, so a NUL follows each. That of an undefined code is empty.
template <class Code>
lowtide_status write_text(const char** text, std::int32_t code,
                          std::string_view (*look_up)(Code) noexcept) noexcept {
  if (const lowtide_status wrong = check_arguments(out(text))) return wrong;
  if (code < 0 || code > UINT8_MAX) return LOWTIDE_CODE;
  const std::string_view found = look_up(static_cast<Code>(code));
  if (found.empty()) return LOWTIDE_CODE;
  *text = found.data();
  return LOWTIDE_OK;
}

}  // namespace

lowtide_status lowtide_phase_name(const char** name, int32_t phase) {
  return write_text<Phase>(name, phase, lowtide::name);
}
lowtide_status lowtide_stop_reason_name(const char** name, int32_t reason) {
  return write_text<StopReason>(name, reason, lowtide::name);
}
lowtide_status lowtide_why_name(const char** name, int32_t why) {
  return write_text<Why>(name, why, lowtide::name);
}
lowtide_status lowtide_why_sentence(const char** sentence, int32_t why) {
  return write_text<Why>(sentence, why, lowtide::sentence);
}
lowtide_status lowtide_output_kind_name(const char** name, int32_t kind) {
  return write_text<OutputKind>(name, kind, lowtide::name);
}

// SPDX-License-Identifier: Apache-2.0
// The names and sentences of the statuses. Called through the C headers only. A name
// never changes.
#include <lowtide.h>

namespace {

struct Text {
  const char* name;
  const char* sentence;
};

Text text(lowtide_status status) noexcept {
  switch (status) {
    case LOWTIDE_OK: return {"ok", "The call succeeded."};
    case LOWTIDE_NULL_ARGUMENT: return {"null_argument", "A pointer is NULL."};
    case LOWTIDE_MISALIGNED: return {"misaligned", "A pointer is not aligned for its type."};
    case LOWTIDE_STRUCT_SIZE:
      return {"struct_size",
              "A struct is too small, or has bytes that this version of lowtide does not know."};
    case LOWTIDE_STRIDE:
      return {"stride",
              "A stride is smaller than its struct or no multiple of 8, or a length is more than "
              "memory can hold."};
    case LOWTIDE_OVERLAP: return {"overlap", "An output overlaps another argument."};
    case LOWTIDE_FLAGS: return {"flags", "A flag is unknown, or flags contradict each other."};
    case LOWTIDE_CODE:
      return {"code",
              "A code is not defined in this version of lowtide, or a field that must be empty is "
              "not."};
    case LOWTIDE_BUFFER_TOO_SMALL:
      return {"buffer_too_small", "The buffer is too small; the needed size was written."};
    case LOWTIDE_BUSY: return {"busy", "The Monitor is already serving a call."};
    case LOWTIDE_SINK_CLOSED:
      return {"sink_closed", "A sink was used outside the callback that received it."};
    case LOWTIDE_SINK_FULL: return {"sink_full", "More was put into a sink than was requested."};
    case LOWTIDE_MALFORMED: return {"malformed", "A text does not have the required form."};
    case LOWTIDE_INEXACT:
      return {"inexact", "An amount has a digit other than 0 after the 18th decimal place."};
    case LOWTIDE_OVERFLOW: return {"overflow", "An amount is outside the range of 128 bits."};
    case LOWTIDE_OUT_OF_RANGE: return {"out_of_range", "A value is outside its documented range."};
    case LOWTIDE_INCONSISTENT:
      return {"inconsistent", "Each field is in range, but no alert can have all of them."};
    case LOWTIDE_CORRUPT: return {"corrupt", "Stored bytes are damaged."};
    case LOWTIDE_NEWER_FORMAT:
      return {"newer_format", "Stored bytes are in the format of a later version of lowtide."};
    case LOWTIDE_CORRUPT_ALERT:
      return {"corrupt_alert", "A lowtide_alert has contents that no alert can have."};
    case LOWTIDE_TIME_RANGE:
      return {"time_range", "An instant is not from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z."};
    case LOWTIDE_SEQUENCE_RANGE:
      return {"sequence_range", "A sequence is not from 1 to 9223372036854775807."};
    case LOWTIDE_REFUSED: return {"refused", "The Monitor refused an event."};
    case LOWTIDE_HOST_FAILURE:
      return {"host_failure", "A callback of the host failed; nothing was stored."};
    case LOWTIDE_CONFLICT:
      return {"conflict", "Others committed the account during every attempt; nothing was stored."};
    case LOWTIDE_UNKNOWN_RESULT:
      return {"unknown_result", "The store does not know whether it committed."};
    case LOWTIDE_INCOMPLETE: return {"incomplete", "Some accounts or deliveries failed."};
    case LOWTIDE_OUT_OF_MEMORY: return {"out_of_memory", "Memory ran out."};
    case LOWTIDE_INTERNAL_ERROR:
      return {"internal_error", "A mistake in lowtide; please report it."};
    default: return {"unknown", "This version of lowtide does not define this status."};
  }
}

}  // namespace

const char* lowtide_status_name(lowtide_status status) { return text(status).name; }
const char* lowtide_status_sentence(lowtide_status status) { return text(status).sentence; }

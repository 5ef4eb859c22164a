// SPDX-License-Identifier: Apache-2.0
#include <lowtide.h>

namespace {

struct Text {
  const char* name;
  const char* sentence;
};

Text text(lowtide_status status) noexcept {
  switch (status) {
    case LOWTIDE_OK: return {"ok", "It worked."};
    case LOWTIDE_NULL_ARGUMENT: return {"null_argument", "A pointer is NULL."};
    case LOWTIDE_MISALIGNED: return {"misaligned", "A pointer is not aligned for its type."};
    case LOWTIDE_STRUCT_SIZE:
      return {"struct_size",
              "A struct has a size that this version of lowtide does not understand."};
    case LOWTIDE_STRIDE:
      return {"stride",
              "A stride is smaller than its struct or no multiple of 8, or a length is larger than "
              "memory."};
    case LOWTIDE_OVERLAP: return {"overlap", "An output overlaps another argument."};
    case LOWTIDE_FLAGS: return {"flags", "A flag is unknown, or flags contradict each other."};
    case LOWTIDE_CODE: return {"code", "A code is none that this version of lowtide knows."};
    case LOWTIDE_BUFFER_TOO_SMALL:
      return {"buffer_too_small", "The buffer is too small; the size that is needed was told."};
    case LOWTIDE_BUSY: return {"busy", "The Monitor is serving a call."};
    case LOWTIDE_SINK_CLOSED:
      return {"sink_closed", "A sink was used outside the callback that it was given to."};
    case LOWTIDE_SINK_FULL: return {"sink_full", "A sink was given more than was asked for."};
    case LOWTIDE_MALFORMED: return {"malformed", "A text does not have the required form."};
    case LOWTIDE_INEXACT:
      return {"inexact", "An amount has a digit other than 0 beyond the 18th decimal place."};
    case LOWTIDE_OVERFLOW: return {"overflow", "An amount is outside the range of 128 bits."};
    case LOWTIDE_OUT_OF_RANGE: return {"out_of_range", "A value is outside its documented range."};
    case LOWTIDE_INCONSISTENT:
      return {"inconsistent", "The fields together describe no alert that can exist."};
    case LOWTIDE_CORRUPT: return {"corrupt", "Stored bytes were damaged."};
    case LOWTIDE_NEWER_FORMAT: return {"newer_format", "Stored bytes are of a newer lowtide."};
    case LOWTIDE_CORRUPT_ALERT:
      return {"corrupt_alert", "An alert is in a state that no alert can be in."};
    case LOWTIDE_TIME_RANGE:
      return {"time_range", "An instant is not from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z."};
    case LOWTIDE_SEQUENCE_RANGE:
      return {"sequence_range", "A sequence is not from 1 to 9223372036854775807."};
    case LOWTIDE_REFUSED: return {"refused", "The Monitor refused a change."};
    case LOWTIDE_HOST_FAILURE:
      return {"host_failure", "A callback of the host failed; nothing was stored."};
    case LOWTIDE_CONFLICT:
      return {"conflict", "Others kept committing the account; nothing was stored."};
    case LOWTIDE_UNKNOWN_RESULT:
      return {"unknown_result", "The store could not tell whether it committed."};
    case LOWTIDE_INCOMPLETE:
      return {"incomplete", "Some accounts or deliveries could not be served."};
    case LOWTIDE_OUT_OF_MEMORY: return {"out_of_memory", "Memory ran out."};
    case LOWTIDE_INTERNAL_ERROR: return {"internal_error", "A mistake in lowtide."};
    default: return {"unknown", "No status of this version of lowtide."};
  }
}

}  // namespace

const char* lowtide_status_name(lowtide_status status) { return text(status).name; }
const char* lowtide_status_sentence(lowtide_status status) { return text(status).sentence; }

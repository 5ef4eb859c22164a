/* SPDX-License-Identifier: Apache-2.0 */
/* An empty function with the arguments of lowtide_alert_observe, to measure what a call through
 * ctypes costs. */
#include <stdint.h>

int32_t empty_call(void* outcome, void* after, const void* before, const void* change);

int32_t empty_call(void* outcome, void* after, const void* before, const void* change) {
  (void)outcome;
  (void)after;
  (void)before;
  (void)change;
  return 0;
}

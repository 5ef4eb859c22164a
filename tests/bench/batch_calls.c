/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the batches of python_batch_bench.py from C. */
#include <lowtide.h>

#include <time.h>

typedef lowtide_status (*observe_columns)(lowtide_batch_report* report, const lowtide_batch* batch,
                                          const lowtide_observation_columns* columns);

static double processor_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Returns the seconds to run two batches alternately, `times` times each. Negative if one of them
 * did not complete. */
__attribute__((visibility("default"))) double batch_calls(
    observe_columns observe, lowtide_batch_report* const reports[2],
    const lowtide_batch* const batches[2], const lowtide_observation_columns* const columns[2],
    int times) {
  const double start = processor_seconds();
  for (int i = 0; i < 2 * times; ++i) {
    const int which = i % 2;
    if (observe(reports[which], batches[which], columns[which]) != LOWTIDE_OK ||
        reports[which]->done != batches[which]->count)
      return -1;
  }
  return processor_seconds() - start;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lowtide: many alerts in one call.
 *
 * Part of lowtide.h, which includes it and states the rules that hold for every function.
 */
#include "lowtide.h"

#ifndef LOWTIDE_BATCH_H
#define LOWTIDE_BATCH_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Batches: many alerts in one call ---- */

/* A batch decides what single calls decide, bit for bit, one element after the other. Each element
 * has a status of its own: a wrong element changes nothing and does not stop the batch. lowtide
 * starts no thread. To use several, divide the alerts and make one call for each part, each on a
 * thread of yours. Alerts may lie at any aligned address; at multiples of 64 bytes each takes one
 * cache line instead of two. */

/* The result of one element. Unless the status is LOWTIDE_OK, the rest is 0. Never grows. */
typedef struct {
  lowtide_status status;
  uint8_t why;          /* LOWTIDE_WHY_... */
  uint8_t phase;        /* afterwards, LOWTIDE_PHASE_... */
  uint8_t output_count; /* 0 to 2, and usually 0 */
  uint8_t reserved;     /* 0 */
} lowtide_batch_result;

/* A decision that has outputs. Never grows. */
typedef struct {
  uint64_t element;          /* results[element] is its result */
  int32_t why;               /* LOWTIDE_WHY_... */
  int32_t phase;             /* afterwards, LOWTIDE_PHASE_... */
  uint32_t output_count;     /* 1 or 2 */
  uint32_t reserved;         /* 0 */
  lowtide_output outputs[2]; /* outputs[0] to outputs[output_count - 1]; the other is not written */
} lowtide_batch_decision;

#define LOWTIDE_BATCH_HAS_INDEX 1u /* without: element i is about alerts[i] */

/* What a batch works on. All of it is your memory. There are `count` elements, of which those from
 * `first` on are decided. `first` does not move the arrays: element i always has observations[i],
 * results[i] and value i of each column. When overlaps are checked, the gaps in an array with a
 * stride belong to the array. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_BATCH_... */
  size_t first;   /* 0 to count */
  size_t count;
  lowtide_alert *alerts;             /* changed in place */
  size_t alert_count;                /* without an index at least `count` */
  const uint64_t *index;             /* `count` of them: element i is about alerts[index[i]] */
  lowtide_batch_result *results;     /* `count` of them; written from `first` to `done` */
  lowtide_batch_decision *decisions; /* written from the start: one for each element with outputs,
                                        in the order of the elements */
  size_t decision_capacity;          /* 1 or more, if there are elements */
  size_t decision_stride;            /* bytes from one to the next, a multiple of 8 */
} lowtide_batch;

/* How far a batch came. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;        /* none yet */
  size_t done;           /* elements before this one are done: all of them, unless `decisions` was
                            full; then continue with first = done */
  size_t decision_count; /* how many this call wrote */
  size_t failed_count;   /* elements from `first` to `done` whose status is not LOWTIDE_OK */
} lowtide_batch_report;

/* Decides what observations[i] means for the alert of element i.
 * Out:     report.   batch->alerts, batch->results and batch->decisions.
 * In:      batch.   observations   batch->count of them, `observation_stride` apart.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what the batch points
 *          to, and of the extent of the observations: NULL_ARGUMENT, MISALIGNED, STRIDE, OVERLAP;
 *          then FLAGS, OUT_OF_RANGE (`first`, fewer alerts than elements, no room for a decision).
 *          Of an element: LOWTIDE_OK; OUT_OF_RANGE (no alert has this index), STRUCT_SIZE (also if
 *          greater than the stride), FLAGS, CORRUPT_ALERT, TIME_RANGE, SEQUENCE_RANGE, OVERFLOW, in
 *          this order.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_observe(lowtide_batch_report *report,
                                                 const lowtide_batch *batch,
                                                 const lowtide_observation *observations,
                                                 size_t observation_stride);

#define LOWTIDE_COLUMN_ONE_FOR_ALL 1u /* in place of a stride: one value for every element */

/* Values that lie `stride` bytes apart: a column of Arrow or DuckDB (the stride is the size of a
 * value), or a field in an array of structs (the stride is the size of the struct). The address and
 * the stride are multiples of 8. No value may be missing: leave such rows out, or decide them in a
 * batch of their own. Never grows. */
typedef struct {
  const void *data;
  size_t stride;
} lowtide_column;

/* Observations as columns. Amounts are lowtide_amount, which is decimal128(38, 18) byte for byte,
 * and no other precision or scale. Times and sequences are int64_t. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_OBSERVATION_...: the columns that are present, the same for all
                     elements; `at` always is */
  lowtide_column at;
  lowtide_column sequence;
  lowtide_column cash_balance;
  lowtide_column credit_limit;
  lowtide_column credit_refunds;
  lowtide_column unsettled_current_month;
  lowtide_column unsettled_previous_months;
  lowtide_column available_credit;
} lowtide_observation_columns;

/* The same, from columns of batch->count values.
 * Out:     report.   batch->alerts, batch->results and batch->decisions.
 * In:      batch, columns
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what batch and columns
 *          point to: NULL_ARGUMENT, MISALIGNED, STRIDE, OVERLAP; then FLAGS, OUT_OF_RANGE, as
 *          above. Of an element: LOWTIDE_OK; OUT_OF_RANGE, CORRUPT_ALERT, TIME_RANGE,
 *          SEQUENCE_RANGE, OVERFLOW.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status
lowtide_batch_observe_columns(lowtide_batch_report *report, const lowtide_batch *batch,
                              const lowtide_observation_columns *columns);

/* Decides for the alert of each element whether a reminder is due at `at`.
 * Out:     report.   batch->alerts, batch->results and batch->decisions.
 * In:      batch, at
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what the batch points
 *          to: NULL_ARGUMENT, MISALIGNED, STRIDE, OVERLAP; then FLAGS, OUT_OF_RANGE, as above,
 *          TIME_RANGE. Of an element: LOWTIDE_OK; OUT_OF_RANGE, CORRUPT_ALERT.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_tick(lowtide_batch_report *report,
                                              const lowtide_batch *batch, int64_t at);

/* Which values an alert has. A value that it does not have is 0 in its column. The flags that
 * lowtide_alert_fields has too have the same values there. */
#define LOWTIDE_ALERT_COLUMN_HAS_AVAILABLE_CREDIT 2u
#define LOWTIDE_ALERT_COLUMN_HAS_SEQUENCE 4u
#define LOWTIDE_ALERT_COLUMN_HAS_FIRED_AT 8u
#define LOWTIDE_ALERT_COLUMN_HAS_NEXT_REMINDER_AT 64u

/* Columns to write alerts into, without gaps, as Arrow and DuckDB have them. A column that is NULL
 * is left out. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* none yet */
  uint32_t *present; /* LOWTIDE_ALERT_COLUMN_... */
  lowtide_amount *threshold;
  lowtide_amount *available_credit;
  int64_t *sequence;
  int64_t *fired_at;
  int64_t *next_reminder_at;
  uint32_t *episode;
  uint8_t *phase; /* LOWTIDE_PHASE_... */
} lowtide_alert_columns;

/* Writes what is known of the alert of each element into columns of batch->count values. An element
 * whose status is not LOWTIDE_OK is 0 in all of them. The results have status and phase; `why` and
 * `output_count` are 0. `decisions` is not used, and no alert is changed.
 * Out:     report.   batch->results.   columns   what they point to, from `first` on.
 * In:      batch
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what batch and columns
 *          point to: NULL_ARGUMENT, MISALIGNED, STRIDE, OVERLAP; then FLAGS, OUT_OF_RANGE, as
 *          above. Of an element: LOWTIDE_OK; OUT_OF_RANGE, CORRUPT_ALERT, OVERFLOW (an amount of
 *          more than 38 digits, for which such a column has no room).
 * Threads: any number at once, on different outputs. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_read(lowtide_batch_report *report,
                                              const lowtide_batch *batch,
                                              const lowtide_alert_columns *columns);

#ifdef __cplusplus
}
#endif

#endif

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

/* A batch decides what the same single calls decide, element by element in their order, bit for bit. Each element has a status of its own:
 * a bad one changes nothing and stops nothing. lowtide starts no thread: split a batch by alerts, and call for each part on a thread of
 * yours. Alerts may lie wherever they are aligned; at multiples of 64 bytes each costs one line of the cache, and not two. */

/* What became of one element. Unless the status is LOWTIDE_OK, the rest is 0. Never grows. */
typedef struct {
  lowtide_status status;
  uint8_t why;          /* LOWTIDE_WHY_... */
  uint8_t phase;        /* afterwards, LOWTIDE_PHASE_... */
  uint8_t output_count; /* 0 to 2, and usually 0 */
  uint8_t reserved;     /* 0 */
} lowtide_batch_result;

/* A decision that yields an output. Never grows. */
typedef struct {
  uint64_t element; /* results[element] is its result */
  int32_t why;      /* LOWTIDE_WHY_... */
  int32_t phase;    /* afterwards, LOWTIDE_PHASE_... */
  uint32_t output_count;     /* 1 or 2 */
  uint32_t reserved;         /* 0 */
  lowtide_output outputs[2]; /* outputs[0] to outputs[output_count - 1]; the other is not written */
} lowtide_batch_decision;

#define LOWTIDE_BATCH_HAS_INDEX 1u /* without: element i concerns alerts[i] */

/* What a batch works on, all of it yours: `count` elements, of which those from `first` on are decided. `first` moves none of the arrays:
 * element i has observations[i], results[i] and the i-th value of each column, wherever a call begins. An array with a stride counts with
 * its gaps when overlaps are looked for. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_BATCH_... */
  size_t first;   /* 0 to count */
  size_t count;
  lowtide_alert *alerts; /* changed in place */
  size_t alert_count;    /* without an index at least `count` */
  const uint64_t *index; /* `count` of them: element i concerns alerts[index[i]] */
  lowtide_batch_result *results; /* `count` of them; written from `first` to where the batch comes */
  lowtide_batch_decision *decisions; /* written from the front: one for each element that yields an output, in their order */
  size_t decision_capacity;          /* 1 or more, if there are elements */
  size_t decision_stride;            /* bytes from one to the next, a multiple of 8 */
} lowtide_batch;

/* How far a batch came. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;        /* none yet */
  size_t done;           /* elements before this one are done: all, unless `decisions` was full; go on with first = done */
  size_t decision_count; /* how many this call wrote */
  size_t failed_count;   /* elements of this call, from `first` to `done`, whose status is not LOWTIDE_OK */
} lowtide_batch_report;

/* Decides what observations[i] means for the alert of element i.
 * Out:     report.   batch->alerts, batch->results and batch->decisions.
 * In:      batch.   changes   batch->count of them, `observation_stride` apart.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what the batch points to, and of how far the changes reach:
 *          NULL_ARGUMENT, MISALIGNED, STRIDE, OVERLAP; then FLAGS, OUT_OF_RANGE (`first`, fewer alerts than elements, no room for a
 *          decision). Of an element: LOWTIDE_OK; OUT_OF_RANGE (no alert has this index), STRUCT_SIZE (greater than the stride, too),
 *          FLAGS, CORRUPT_ALERT, TIME_RANGE, SEQUENCE_RANGE, OVERFLOW, in this order.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_observe(lowtide_batch_report *report, const lowtide_batch *batch,
                                                 const lowtide_observation *observations, size_t observation_stride);

#define LOWTIDE_COLUMN_ONE_FOR_ALL 1u /* instead of a stride: every element has the one value that is there */

/* Values that lie `stride` bytes apart: a column of Arrow or DuckDB (the size of a value), or a field in an array of structs (the size of
 * the struct). The address and the stride are multiples of 8. No value can be missing: leave out such rows, or split them off. Never
 * grows. */
typedef struct {
  const void *data;
  size_t stride;
} lowtide_column;

/* Changes by columns. Amounts are lowtide_amount, which is decimal128(38, 18) byte for byte, and no other precision or scale; times and
 * sequences are int64_t. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_OBSERVATION_...: which of the columns there are, the same for all elements; `at` always is */
  lowtide_column at;
  lowtide_column sequence;
  lowtide_column cash_balance;
  lowtide_column credit_limit;
  lowtide_column credit_refunds;
  lowtide_column unsettled_current_month;
  lowtide_column unsettled_previous_months;
  lowtide_column available_credit;
} lowtide_observation_columns;

/* The same from columns of batch->count values.
 * Out:     report.   batch->alerts, batch->results and batch->decisions.
 * In:      batch, columns
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what batch and columns point to: NULL_ARGUMENT, MISALIGNED,
 *          STRIDE, OVERLAP; then FLAGS, OUT_OF_RANGE, as above. Of an element: LOWTIDE_OK; OUT_OF_RANGE, CORRUPT_ALERT, TIME_RANGE,
 *          SEQUENCE_RANGE, OVERFLOW.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_observe_columns(lowtide_batch_report *report, const lowtide_batch *batch,
                                                         const lowtide_observation_columns *columns);

/* Time has come to `at` for the alert of each element.
 * Out:     report.   batch->alerts, batch->results and batch->decisions.
 * In:      batch, at
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what the batch points to: NULL_ARGUMENT, MISALIGNED, STRIDE,
 *          OVERLAP; then FLAGS, OUT_OF_RANGE, as above, TIME_RANGE. Of an element: LOWTIDE_OK; OUT_OF_RANGE, CORRUPT_ALERT.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_tick(lowtide_batch_report *report, const lowtide_batch *batch, int64_t at);

/* What an alert has; what it has not is 0 in its column. Those of lowtide_alert_fields have the same values here. */
#define LOWTIDE_ALERT_COLUMN_HAS_AVAILABLE_CREDIT 2u
#define LOWTIDE_ALERT_COLUMN_HAS_SEQUENCE 4u
#define LOWTIDE_ALERT_COLUMN_HAS_FIRED_AT 8u
#define LOWTIDE_ALERT_COLUMN_HAS_NEXT_REMINDER_AT 64u

/* Columns to write alerts into, without gaps, as Arrow and DuckDB have them. Those that are NULL are left out. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;     /* none yet */
  uint32_t *present;  /* LOWTIDE_ALERT_COLUMN_... */
  lowtide_amount *threshold;
  lowtide_amount *available_credit;
  int64_t *sequence;
  int64_t *fired_at;
  int64_t *next_reminder_at;
  uint32_t *episode;
  uint8_t *phase; /* LOWTIDE_PHASE_... */
} lowtide_alert_columns;

/* Writes what is known of the alert of each element into columns of batch->count values. An element whose status is not LOWTIDE_OK is 0 in
 * all of them. The results have status and phase; `why` and `output_count` are 0. `decisions` is not looked at, nor is an alert changed.
 * Out:     report.   batch->results.   columns   what they point to, from `first` on.
 * In:      batch
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of what batch and columns point to: NULL_ARGUMENT, MISALIGNED,
 *          STRIDE, OVERLAP; then FLAGS, OUT_OF_RANGE, as above. Of an element: LOWTIDE_OK; OUT_OF_RANGE, CORRUPT_ALERT, OVERFLOW (an
 *          amount of more than 38 digits, for which such a column has no room).
 * Threads: any number at once, on different outputs. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_batch_read(lowtide_batch_report *report, const lowtide_batch *batch,
                                              const lowtide_alert_columns *columns);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lowtide: low-balance alerts, for C and for every language that can call C.
 *
 * An account has cash, a credit line, refunds and unsettled usage. What is left of all that is its Available Credit. When that drops below
 * the threshold that the account's owner set, the owner is told once, is reminded daily for up to five days, and hears nothing more
 * once the account has recovered or is overdue (below 0). lowtide decides what to send and when. You store the alert, and send.
 *
 *
 * Five minutes
 * ------------
 * An alert is a value of 64 bytes. You hand it in together with an event, and get back the alert afterwards, and up to two outputs (what
 * to send):
 *
 *   lowtide_alert alert;
 *   lowtide_alert_init(&alert);                                   // off, on an account never seen before
 *
 *   const char *field = "";
 *   lowtide_decision outcome = {.struct_size = sizeof outcome};
 *   lowtide_enable enable = {.struct_size = sizeof enable, .at = 1772352000};
 *   lowtide_amount_parse(&enable.threshold, "1000", 4);
 *   lowtide_alert_enable(&outcome, &alert, &field, &alert, &enable);
 *
 *   lowtide_observation change = {.struct_size = sizeof change, .flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT, .at = 1772438400};
 *   lowtide_amount_parse(&change.available_credit, "999.99", 6);
 *   if (lowtide_alert_observe(&outcome, &alert, &alert, &change) == LOWTIDE_OK && outcome.output_count > 0) {
 *     // outcome.why is LOWTIDE_WHY_FELL_BELOW, outcome.outputs[0].kind is LOWTIDE_OUTPUT_FIRE: tell the owner.
 *   }
 *
 * Three things are left to a host: store the alert (lowtide_alert_encode gives its bytes) together with its outputs in one transaction;
 * send each output once (lowtide_output_key gives it a name that never changes); and call lowtide_alert_tick at
 * lowtide_alert_next_reminder_at. The last section of this file, the Monitor, does all three through callbacks of yours.
 *
 * Amounts are exact: a count of 10^-18 in 128 bits. They are never rounded; what does not fit is an error. Times are seconds since
 * 1970-01-01T00:00:00Z, up to the end of the year 9999. lowtide reads no clock: equal inputs give equal bits on every machine.
 *
 *
 * Rules that hold for every function
 * ----------------------------------
 * Status.    A function returns LOWTIDE_OK, or the first in the order of its "Returns" that applies. Statuses are grouped by whose fault it
 *            is: 1xx the caller's, 2xx the data's, 3xx the host's (its callbacks), 4xx lowtide's. Values are never reused; expect new ones.
 *            Four functions cannot fail and return their answer: lowtide_status_name, lowtide_status_sentence, lowtide_version
 *            and lowtide_abi_version.
 * Arguments. Outputs come first, then inputs. On an error nothing is written, except what explains the error: `field` (the field at
 *            fault, static text, written only with the statuses that say so), the size needed with LOWTIDE_BUFFER_TOO_SMALL, and the
 *            reports of a Monitor with the statuses that say so.
 * Pointers.  None may be NULL, all must be aligned for their type, and no output may overlap another argument, unless the function says
 *            otherwise. These are errors and never crashes. Pointers inside of a struct are looked at after the struct. Pointers to
 *            memory that is not there cannot be noticed.
 * Structs.   Those that begin with struct_size: set it to sizeof, for outputs too, and the rest to zero before you fill it in. A later
 *            version may append fields; their zero means "as before". A struct_size greater than this version's sizeof is accepted, up
 *            to 4096, if all bytes that this version does not know are zero.
 * Flags.     A flag says that a field is present. Fields that are not present are not read. Unknown flags are refused.
 * Text.      A pointer and a length in bytes, without a NUL at the end; inputs may hold any bytes. Static text ends with NUL, and stays
 *            as long as the library is loaded.
 * Alerts.    Every lowtide_alert that comes in is checked whole: whatever its bytes, lowtide sends nothing that no alert would send.
 * Memory.    Nothing is to be freed but a Monitor. Functions on amounts, alerts, batches and outputs allocate nothing, except
 *            lowtide_output_key.
 * Threads.   Any number at once, on different outputs, unless a function says otherwise. Only a Monitor keeps state between calls.
 * C++.       No exception leaves lowtide. One that a callback throws ends there, as a failure of the host. To leave a callback by
 *            longjmp is forbidden: its Monitor would serve no call any more. To end its thread (pthread_exit, cancellation) is allowed
 *            where that unwinds the stack, as with glibc: then the call has no answer, what it had stored stays, and the Monitor is free.
 */
#ifndef LOWTIDE_H
#define LOWTIDE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define LOWTIDE_API __attribute__((visibility("default")))
#else
#define LOWTIDE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ---- */

typedef int32_t lowtide_status;

#define LOWTIDE_OK 0

/* The caller's: the program is to be corrected. */
#define LOWTIDE_NULL_ARGUMENT 101 /* a pointer is NULL */
#define LOWTIDE_MISALIGNED 102    /* a pointer is not aligned for its type */
#define LOWTIDE_STRUCT_SIZE 103   /* struct_size is too small or above 4096, or a byte that this version does not know is not zero */
#define LOWTIDE_STRIDE 104        /* a stride is less than sizeof or no multiple of 8, or a length is more than memory can hold */
#define LOWTIDE_OVERLAP 105       /* an output overlaps another argument */
#define LOWTIDE_FLAGS 106         /* a flag is unknown, or flags contradict each other */
#define LOWTIDE_CODE 107          /* a number that stands for something, such as a phase, stands for nothing; or `reserved` is not 0 */
#define LOWTIDE_BUFFER_TOO_SMALL 108 /* the size that is needed is written */
#define LOWTIDE_BUSY 109             /* the Monitor is serving a call, perhaps the one whose callback this is */
#define LOWTIDE_SINK_CLOSED 110      /* a sink is used outside the callback that it was given to */
#define LOWTIDE_SINK_FULL 111        /* a sink was given more than was asked for */

/* The data's: what came from outside is wrong. */
#define LOWTIDE_MALFORMED 201      /* a text does not have the required form */
#define LOWTIDE_INEXACT 202        /* an amount has a digit other than 0 beyond the 18th decimal place */
#define LOWTIDE_OVERFLOW 203       /* an amount is outside the representable range */
#define LOWTIDE_OUT_OF_RANGE 204   /* a number or the length of a name is outside its documented range */
#define LOWTIDE_INCONSISTENT 205   /* each field is in range, but together they describe no alert that can exist */
#define LOWTIDE_CORRUPT 206        /* stored bytes were damaged */
#define LOWTIDE_NEWER_FORMAT 207   /* stored bytes are not damaged, but of a later version's format */
#define LOWTIDE_CORRUPT_ALERT 208  /* a lowtide_alert holds what no alert can hold */
#define LOWTIDE_TIME_RANGE 209     /* an instant is not from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z */
#define LOWTIDE_SEQUENCE_RANGE 210 /* a sequence is below 1 (or below 0, where 0 means none yet) */
#define LOWTIDE_REFUSED 211        /* the Monitor refused a change; the report says why */

/* The host's: what its callbacks said or did. */
#define LOWTIDE_HOST_FAILURE 301   /* a callback failed, threw or returned what is no code, or loaded what is wrong; nothing was stored */
#define LOWTIDE_CONFLICT 302       /* others kept committing the account in between; nothing was stored */
#define LOWTIDE_UNKNOWN_RESULT 303 /* the store could not tell whether it committed; it may have been stored */
#define LOWTIDE_INCOMPLETE 304     /* not all accounts or deliveries could be served; the report says which */

/* lowtide's. */
#define LOWTIDE_OUT_OF_MEMORY 401  /* memory ran out; the call of a Monitor that returns this stored and delivered nothing */
#define LOWTIDE_INTERNAL_ERROR 402 /* a mistake in lowtide; please report it */

/* The name of a status, such as "null_argument", and a sentence for people. Static text; "unknown" for a value that is no status.
 * Threads: any. Since 0.1. */
LOWTIDE_API const char *lowtide_status_name(lowtide_status status);
LOWTIDE_API const char *lowtide_status_sentence(lowtide_status status);

/* ---- Versions ---- */

/* The version of the package that this header is of, as a number that grows: 10000 x major + 100 x minor + patch. */
#define LOWTIDE_VERSION 100

/* The version of this interface. It grows with each release that appends to it. */
#define LOWTIDE_ABI_VERSION 1

/* The version of the library in use: "0.1.0". Static text. Threads: any. Since 0.1. */
LOWTIDE_API const char *lowtide_version(void);

/* LOWTIDE_ABI_VERSION of the library in use. Threads: any. Since 0.1. */
LOWTIDE_API uint32_t lowtide_abi_version(void);

/* ---- Amounts ---- */

/* A signed 128-bit count of 10^-18 in two's complement: -170141183460469231731.687303715884105728 to
 * 170141183460469231731.687303715884105727. On a little-endian machine these are the bytes of Arrow's decimal128(38, 18). Never grows. */
typedef struct {
  uint64_t low;
  int64_t high;
} lowtide_amount;

#define LOWTIDE_AMOUNT_TEXT_SIZE 41u /* the longest text of an amount */

/* Reads an amount, `[+-]? digits [. digits]? ([eE] [+-]? digits)?`, ASCII digits, nothing before, behind or between. Takes time in
 * proportion to the length, whatever the exponent.
 * Out:     amount
 * In:      text, text_size
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the length), OVERLAP, OVERFLOW, INEXACT, MALFORMED.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_parse(lowtide_amount *amount, const char *text, size_t text_size);

/* Writes an amount in its shortest plain form, without exponent, trailing zeros, "-0" and NUL. LOWTIDE_AMOUNT_TEXT_SIZE is always enough.
 * Out:     text_size   bytes written; with BUFFER_TOO_SMALL the bytes needed.   text   room for `capacity` bytes.
 * In:      capacity, amount
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the capacity), OVERLAP, BUFFER_TOO_SMALL.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_format(size_t *text_size, char *text, size_t capacity, const lowtide_amount *amount);

/* The exact sum, and the exact difference a - b.
 * Out:     result   may be a or b.
 * In:      a, b     may be the same.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, OVERFLOW.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_add(lowtide_amount *result, const lowtide_amount *a, const lowtide_amount *b);
LOWTIDE_API lowtide_status lowtide_amount_subtract(lowtide_amount *result, const lowtide_amount *a, const lowtide_amount *b);

/* Compares two amounts.
 * Out:     order   -1 if a is less than b, 0 if they are equal, 1 if a is greater.
 * In:      a, b    may be the same.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_compare(int32_t *order, const lowtide_amount *a, const lowtide_amount *b);

/* ---- Balances ---- */

/* The five components of an account's balance, in its one currency. Any may be negative. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;                           /* none yet */
  lowtide_amount cash_balance;              /* funds left in the account */
  lowtide_amount credit_limit;              /* the credit line approved for the account */
  lowtide_amount credit_refunds;            /* refunds of what had been paid with the credit line */
  lowtide_amount unsettled_current_month;   /* usage of the current month, not billed yet */
  lowtide_amount unsettled_previous_months; /* billed for earlier months, not paid yet */
} lowtide_balance;

/* cash_balance + credit_limit + credit_refunds - unsettled_current_month - unsettled_previous_months.
 * Out:     available_credit
 * In:      balance
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, OVERFLOW (only if the exact result is out of range; an
 *          intermediate sum may be).
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_balance_available_credit(lowtide_amount *available_credit, const lowtide_balance *balance);

/* ---- Alerts ---- */

/* All that is remembered of one alert. A plain value: copy it, keep it in arrays. To store it, encode it: these bytes are of one machine
 * and one version. Its contents are lowtide's; every function that is given one checks it whole. Never grows. */
typedef struct {
  uint64_t opaque[8];
} lowtide_alert;

/* Phases. */
#define LOWTIDE_PHASE_OFF 0      /* disabled, or never enabled */
#define LOWTIDE_PHASE_ARMED 1    /* the next change that leaves Available Credit below the threshold fires */
#define LOWTIDE_PHASE_ALERTING 2 /* fired; reminders are to come */
#define LOWTIDE_PHASE_QUIET 3    /* below, and nothing to send until it recovers */

/* Why an episode, which is what follows a fire, ended. */
#define LOWTIDE_STOP_RECOVERED 1         /* Available Credit is back at the threshold or above */
#define LOWTIDE_STOP_OVERDUE 2           /* Available Credit fell below 0 */
#define LOWTIDE_STOP_COMPLETED 3         /* no reminder is left */
#define LOWTIDE_STOP_THRESHOLD_CHANGED 4 /* the new threshold is not above Available Credit */
#define LOWTIDE_STOP_DISABLED 5          /* the owner turned the alert off */

/* The names of these codes: "armed", "threshold_changed". Static text.
 * Out:     name
 * In:      phase, reason
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, CODE.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_phase_name(const char **name, int32_t phase);
LOWTIDE_API lowtide_status lowtide_stop_reason_name(const char **name, int32_t reason);

/* A fresh alert: off, threshold 0, five reminders every 24 hours, on an account that was never observed.
 * Out:     alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_init(lowtide_alert *alert);

#define LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT 1u
#define LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE 2u

/* What was last seen of an account. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_LAST_OBSERVED_... */
  lowtide_amount available_credit;
  int64_t sequence; /* 1 to 2^63 - 1 */
} lowtide_last_observed;

/* A fresh alert on an account that was observed before, so that it starts from what its other alerts know.
 * Out:     alert
 * In:      observed
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, SEQUENCE_RANGE.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_init_observed(lowtide_alert *alert, const lowtide_last_observed *observed);

#define LOWTIDE_FIELDS_HAS_TIME_OF_DAY 1u      /* without: reminders every 24 hours after the fire */
#define LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT 2u /* without: never observed */
#define LOWTIDE_FIELDS_HAS_SEQUENCE 4u         /* without: no sequence yet */
#define LOWTIDE_FIELDS_HAS_FIRED_AT 8u         /* without: never fired */
#define LOWTIDE_FIELDS_HAS_FIRE_DAY 16u        /* goes with fired_at */
#define LOWTIDE_FIELDS_HAS_STOP_REASON 32u     /* without: never fired, or alerting */

/* Every setting and all state of an alert. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;                  /* LOWTIDE_FIELDS_... */
  lowtide_amount threshold;        /* 0 or more */
  lowtide_amount available_credit; /* last observed */
  int64_t sequence;                /* the account's last, 1 or more */
  int64_t fired_at;                /* of the last episode */
  int64_t fire_day;                /* local day of fired_at at the offset in force then, in days since 1970-01-01; within one of UTC's */
  int64_t episode;                 /* 0 (never fired) to 4294967295 */
  int32_t count;                   /* reminders an episode, 0 to 255 */
  int32_t time_of_day;             /* local, in minutes, 0 to 1439 */
  int32_t utc_offset;              /* in minutes, -1439 to 1439, east of Greenwich positive */
  int32_t phase;                   /* LOWTIDE_PHASE_... */
  int32_t last_reminder;           /* the last k sent in this episode, 0 (none) to 255 */
  int32_t reminders_sent;          /* in this episode, 0 to last_reminder */
  int32_t stop_reason;             /* of the last episode, LOWTIDE_STOP_... */
  int32_t reserved;                /* 0 */
} lowtide_alert_fields;

/* Reads an alert's fields, for columns of a database and for people. What is not present comes as 0.
 * Out:     fields
 * In:      alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, CORRUPT_ALERT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_read(lowtide_alert_fields *fields, const lowtide_alert *alert);

/* Makes an alert from its fields, to move an existing one in, in mid-episode if need be. Restoring what was read gives the same alert.
 * Out:     alert.   field   with OUT_OF_RANGE and INCONSISTENT the field at fault, such as "count".
 * In:      fields
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS; OUT_OF_RANGE or INCONSISTENT, for one of the fields at
 *          fault.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_restore(lowtide_alert *alert, const char **field, const lowtide_alert_fields *fields);

/* Whether an alert is one that can exist. For tests and for tools: every other function looks by itself.
 * Out:     field   with CORRUPT_ALERT the field at fault.
 * In:      alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, CORRUPT_ALERT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_check(const char **field, const lowtide_alert *alert);

#define LOWTIDE_ALERT_BYTES 128u /* the longest stored form, of this and of every later version */

/* Writes the bytes to store: the same on every machine, protected by a checksum, readable by every later version.
 * Out:     bytes_size   bytes written; with BUFFER_TOO_SMALL the bytes needed.   bytes   room for `capacity` bytes; LOWTIDE_ALERT_BYTES
 *          is always enough.
 * In:      capacity, alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the capacity), OVERLAP, CORRUPT_ALERT, BUFFER_TOO_SMALL.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_encode(size_t *bytes_size, uint8_t *bytes, size_t capacity, const lowtide_alert *alert);

/* Reads stored bytes.
 * Out:     alert.   field   with CORRUPT and NEWER_FORMAT the field at fault; "alert" for the whole of it.
 * In:      bytes, bytes_size
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the length), OVERLAP, CORRUPT, NEWER_FORMAT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_decode(lowtide_alert *alert, const char **field, const uint8_t *bytes, size_t bytes_size);

/* When the host is to call lowtide_alert_tick: the instant of the reminder after the last one sent.
 * Out:     present   1 if there is one; 0 unless alerting, or if it would be after the year 9999.   at   written only if there is one.
 * In:      alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, CORRUPT_ALERT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_next_reminder_at(uint32_t *present, int64_t *at, const lowtide_alert *alert);

/* ---- Decisions ---- */

/* Why a decision is what it is. Silent decisions have a reason too. */
#define LOWTIDE_WHY_STALE 1                 /* the change is not newer than the account's last one */
#define LOWTIDE_WHY_OFF 2                   /* the alert is off; Available Credit is remembered */
#define LOWTIDE_WHY_UNCHANGED 3             /* Available Credit is what it was */
#define LOWTIDE_WHY_NOT_BELOW 4             /* not below the threshold; equal is not below */
#define LOWTIDE_WHY_FELL_BELOW 5            /* fires */
#define LOWTIDE_WHY_CHANGED_WHILE_BELOW 6   /* fires: changed, while it was below already when the alert was armed */
#define LOWTIDE_WHY_RECOVERED 7             /* stops */
#define LOWTIDE_WHY_OVERDUE 8               /* stops: fell below 0 */
#define LOWTIDE_WHY_REMINDER_NOT_DUE 9      /* alerting, and nothing is due */
#define LOWTIDE_WHY_REMINDER_DAYS_OVER 10   /* stops: the host came after the last reminder */
#define LOWTIDE_WHY_REMINDER_DUE 11         /* reminds */
#define LOWTIDE_WHY_REARMED 12              /* recovered after the episode had ended */
#define LOWTIDE_WHY_WAITING_FOR_RECOVERY 13 /* nothing is sent until it recovers */
#define LOWTIDE_WHY_NOTHING_PENDING 14      /* a tick, and no reminder is pending */
#define LOWTIDE_WHY_ENABLED 15              /* armed */
#define LOWTIDE_WHY_ENABLED_WAITING 16      /* on, and waits for recovery first */
#define LOWTIDE_WHY_THRESHOLD_CHANGED 17    /* stops: the new threshold is not above Available Credit */
#define LOWTIDE_WHY_REMINDERS_REACHED 18    /* stops: the new count has been reached already */
#define LOWTIDE_WHY_REARMED_BY_THRESHOLD 19 /* armed, as the threshold is a new one */
#define LOWTIDE_WHY_SETTINGS_CHANGED 20
#define LOWTIDE_WHY_SETTINGS_UNCHANGED 21
#define LOWTIDE_WHY_ALREADY_OFF 22
#define LOWTIDE_WHY_DISABLED 23

/* The name of a reason, such as "fell_below", and a sentence for people: "Available Credit fell below the threshold." Static text.
 * Out:     name, sentence
 * In:      why
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, CODE.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_why_name(const char **name, int32_t why);
LOWTIDE_API lowtide_status lowtide_why_sentence(const char **sentence, int32_t why);

#define LOWTIDE_OUTPUT_FIRE 1
#define LOWTIDE_OUTPUT_REMIND 2
#define LOWTIDE_OUTPUT_STOP 3

/* The name of a kind of output: "fire", "remind", "stop". Static text.
 * Out:     name
 * In:      kind
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, CODE.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_output_kind_name(const char **name, int32_t kind);

/* What one event yields for one alert. Settings and amounts are those after the event. Inside of other structs lowtide sets struct_size. It
 * lies in arrays whose stride is fixed, so it never grows; what later versions add is put elsewhere. */
typedef struct {
  uint32_t struct_size;
  int32_t kind; /* LOWTIDE_OUTPUT_... */
  lowtide_amount available_credit;
  lowtide_amount threshold;
  int64_t at;              /* the instant of the event */
  int64_t fired_at;        /* of the episode */
  uint32_t episode;        /* 1 or more */
  int32_t stop_reason;     /* of a stop, LOWTIDE_STOP_...; else 0 */
  uint32_t reminder;       /* of a remind: its k, 1 to 255; else 0 */
  uint32_t skipped;        /* of a remind: how many before it came due and were never sent, up to 254; else 0 */
  uint32_t reminders_sent; /* in the episode, this one included, up to 255 */
  uint32_t reserved;       /* 0 */
} lowtide_output;

/* Why, and what to send: outputs[0] to outputs[output_count - 1], in this order. The others are left as they are. */
typedef struct {
  uint32_t struct_size;
  int32_t why;           /* LOWTIDE_WHY_... */
  int32_t phase;         /* afterwards, LOWTIDE_PHASE_... */
  uint32_t output_count; /* 0 to 2, and usually 0 */
  lowtide_output outputs[2];
} lowtide_decision;

#define LOWTIDE_OBSERVATION_HAS_BALANCE 1u          /* the five components */
#define LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT 2u /* their sum; exactly one of these two */
#define LOWTIDE_OBSERVATION_HAS_SEQUENCE 4u         /* without: the host vouches for the order */

/* An observation of an account's balance. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;   /* LOWTIDE_OBSERVATION_... */
  int64_t at;       /* when */
  int64_t sequence; /* grows with each change of the account, 1 to 2^63 - 1; one that is not greater than the last is stale and ignored */
  lowtide_amount cash_balance;
  lowtide_amount credit_limit;
  lowtide_amount credit_refunds;
  lowtide_amount unsettled_current_month;
  lowtide_amount unsettled_previous_months;
  lowtide_amount available_credit;
} lowtide_observation;

/* Decides what one balance change means for one alert. Pure: equal inputs give equal bits on every machine.
 * Out:     outcome   why, and up to two outputs.   after   the alert afterwards; may be `before`.
 * In:      before, observation   borrowed for the call.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, CORRUPT_ALERT, TIME_RANGE, SEQUENCE_RANGE, OVERFLOW (of
 *          the Available Credit; stale or not), in this order. On an error nothing is written.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_observe(lowtide_decision *outcome, lowtide_alert *after, const lowtide_alert *before,
                                                 const lowtide_observation *observation);

/* Time has come to `at`: yields the reminder that is due, if one is. A late tick loses no episode, an early one sends nothing.
 * Out:     outcome.   after   may be `before`.
 * In:      before, at
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, CORRUPT_ALERT, TIME_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_tick(lowtide_decision *outcome, lowtide_alert *after, const lowtide_alert *before, int64_t at);

/* What to do if the account is low already when an alert is enabled or its threshold changes. Neither fires at once. */
#define LOWTIDE_IF_BELOW_NEXT_CHANGE 0    /* armed: the next change that leaves it below fires */
#define LOWTIDE_IF_BELOW_RECOVERY_FIRST 1 /* nothing is sent until it has recovered once */

#define LOWTIDE_ENABLE_HAS_SCHEDULE 1u    /* count, utc_offset and perhaps time_of_day; without: the schedule stays as it is */
#define LOWTIDE_ENABLE_HAS_TIME_OF_DAY 2u /* only with a schedule: reminders daily at this local time; without: every 24 hours */

typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_ENABLE_... */
  int64_t at;
  lowtide_amount threshold; /* 0 or more */
  int32_t if_below;         /* LOWTIDE_IF_BELOW_... */
  int32_t count;            /* reminders an episode, 0 to 255 */
  int32_t time_of_day;      /* local, in minutes, 0 to 1439 */
  int32_t utc_offset;       /* in minutes, -1439 to 1439, east of Greenwich positive */
} lowtide_enable;

/* Turns an alert on; on one that is on already, sets its threshold and its schedule. Never fires.
 * Out:     outcome.   after   may be `before`.   field   with CORRUPT_ALERT and OUT_OF_RANGE the field at fault, such as "threshold".
 * In:      before, enable
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, CODE (if_below), CORRUPT_ALERT, TIME_RANGE, OUT_OF_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_enable(lowtide_decision *outcome, lowtide_alert *after, const char **field,
                                                const lowtide_alert *before, const lowtide_enable *enable);

typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  int64_t at;
  lowtide_amount threshold; /* 0 or more */
  int32_t if_below;         /* LOWTIDE_IF_BELOW_... */
  int32_t reserved;         /* 0 */
} lowtide_set_threshold;

/* Sets another threshold. On an alert that is off it is remembered. Never fires.
 * Out:     outcome.   after   may be `before`.
 * In:      before, set_threshold
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, CODE (if_below, reserved), CORRUPT_ALERT, TIME_RANGE,
 *          OUT_OF_RANGE (a negative threshold).
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_set_threshold(lowtide_decision *outcome, lowtide_alert *after, const lowtide_alert *before,
                                                       const lowtide_set_threshold *set_threshold);

/* Turns an alert off. In mid-episode that yields a stop.
 * Out:     outcome.   after   may be `before`.
 * In:      before, at
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, CORRUPT_ALERT, TIME_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_disable(lowtide_decision *outcome, lowtide_alert *after, const lowtide_alert *before, int64_t at);

/* Sets the account's last sequence, for a source whose numbering starts over, and changes nothing else. It is no decision.
 * Out:     after   may be `before`.
 * In:      before.   sequence   0: none yet.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, CORRUPT_ALERT, SEQUENCE_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_rebase(lowtide_alert *after, const lowtide_alert *before, int64_t sequence);

/* ---- Keys ---- */

#define LOWTIDE_DEFAULT_ALERT_NAME "low_balance"
#define LOWTIDE_NAME_SIZE 255u /* the longest name of an account or an alert */
#define LOWTIDE_KEY_SIZE 1576u /* the longest key */

/* The name of an output, for a unique column or a Message-ID, and never to change:
 * `lowtide/1/ACCOUNT/ALERT/EPISODE/FIRED_AT/KIND`, with bytes of names outside A-Z a-z 0-9 . _ ~ - as %XX. The same output has the same key
 * for ever, and no two outputs share one. Names are UTF-8, 1 to 255 bytes, without control characters.
 * Out:     key_size   bytes written; with BUFFER_TOO_SMALL the bytes needed.   key   room for `capacity` bytes; LOWTIDE_KEY_SIZE is
 *          always enough.
 *          field      with CODE, TIME_RANGE, OUT_OF_RANGE and MALFORMED the field of the output, "account" or "alert".
 * In:      capacity, account, account_size, alert, alert_size, output
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, STRIDE (the lengths), OVERLAP; of the output: CODE (its kind, or a stop's
 *          reason), TIME_RANGE, OUT_OF_RANGE; of the account's name and then the alert's: OUT_OF_RANGE (the length), MALFORMED; then
 *          OUT_OF_MEMORY, BUFFER_TOO_SMALL.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_output_key(size_t *key_size, char *key, size_t capacity, const char **field, const char *account,
                                              size_t account_size, const char *alert, size_t alert_size, const lowtide_output *output);

#ifdef __cplusplus
}
#endif

#include "lowtide_batch.h"
#include "lowtide_monitor.h"

#endif

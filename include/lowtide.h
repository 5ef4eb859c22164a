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

/* ---- The Monitor: a whole host, but for storage and delivery ---- */

/* Drives a store and a courier, both callbacks of yours, in the one order that is safe: load the accounts, decide, commit each account with
 * its notices under one revision, and only then deliver. It is what a host must do with the functions above, done once. The unit is the
 * account: what was last seen of it, and all its alerts. `now` is your clock; the Monitor reads none. */
typedef struct lowtide_monitor lowtide_monitor;

/* Where a callback puts answers of any number and length. */
typedef struct lowtide_sink lowtide_sink;

/* Text and bytes inside of structs, borrowed. {NULL, 0} is the empty one; NULL of another size is refused. Never grow. */
typedef struct {
  const char *data;
  size_t size;
} lowtide_text;

typedef struct {
  const uint8_t *data;
  size_t size;
} lowtide_bytes;

/* What a callback returns: 32-bit patterns that do not come about by accident. Anything else is a failure of the host, as is a C++
 * exception. */
#define LOWTIDE_HOST_OK 0x4C540001
#define LOWTIDE_HOST_FAILED 0x4C540002

/* What became of an account's part of a commit. */
#define LOWTIDE_HOST_COMMITTED 0x4C540011
#define LOWTIDE_HOST_CONFLICT 0x4C540012 /* others committed it in between; nothing of it was stored */
#define LOWTIDE_HOST_UNKNOWN 0x4C540013  /* it may have been stored or not, such as when the connection broke during COMMIT */
#define LOWTIDE_HOST_NOT_STORED 0x4C540014

/* What became of a delivery. */
#define LOWTIDE_HOST_SENT 0x4C540021      /* taken over by whoever is next */
#define LOWTIDE_HOST_REJECTED 0x4C540022  /* will never be: no such address, no such channel */
#define LOWTIDE_HOST_TRY_AGAIN 0x4C540023 /* not now; it stays pending */

#define LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT 1u
#define LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT 2u
#define LOWTIDE_STORED_ALERT_CHANGED 4u /* in a commit: this alert is to be written */

/* An alert as it is stored: its bytes, and columns derived from them that a query can use. They are to be written together, always. When an
 * account is loaded, only name and state are read. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_STORED_ALERT_... */
  lowtide_text name;
  lowtide_bytes state; /* as of lowtide_alert_encode */
  lowtide_amount threshold;
  lowtide_amount available_credit;
  int64_t next_reminder_at;
  int32_t phase; /* LOWTIDE_PHASE_... */
  int32_t reserved;
} lowtide_stored_alert;

#define LOWTIDE_ACCOUNT_HAS_BALANCE 1u          /* the components last observed; without: only their sum was given */
#define LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT 2u /* without: never observed */
#define LOWTIDE_ACCOUNT_HAS_SEQUENCE 4u
#define LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT 8u

/* The unit of storage: one account with all its alerts, under one revision. Contact, language and currency are the host's; lowtide hands
 * them through to deliveries. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_ACCOUNT_... */
  lowtide_text name;
  int64_t revision; /* grows by one with each commit, up to 2^63 - 1; 0: not stored yet */
  int64_t sequence;
  int64_t first_cost_at; /* when unsettled usage was first seen */
  lowtide_amount cash_balance;
  lowtide_amount credit_limit;
  lowtide_amount credit_refunds;
  lowtide_amount unsettled_current_month;
  lowtide_amount unsettled_previous_months;
  lowtide_amount available_credit; /* last observed */
  lowtide_text contact;            /* such as an e-mail address */
  lowtide_text language;           /* such as "en" */
  lowtide_text currency;           /* such as "USD" */
  uint32_t currency_digits;        /* decimal places to show, 0 to 18 */
  uint32_t reserved;
  const lowtide_stored_alert *alerts; /* in a commit in the order of their names' bytes, in `load` in any; may be NULL if none */
  size_t alert_count;
  size_t alert_stride; /* bytes from one alert to the next: sizeof(lowtide_stored_alert) of whoever wrote them */
} lowtide_account;

/* An output to tell somebody about. Its key is unique: a store that has it already keeps the old one, and makes no new deliveries. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  lowtide_text key; /* of lowtide_output_key */
  lowtide_text account;
  lowtide_text alert;
  int64_t cause; /* the account's revision after the commit that stored the notice */
  const lowtide_text *channels; /* one delivery for each, pending at first; none: recorded only */
  size_t channel_count;
  lowtide_output output;
} lowtide_notice;

#define LOWTIDE_AUDIT_HAS_WHY 1u /* without: a rebase, which is no decision */

/* What one event meant for one alert, for the record of how the account came to be as it is. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_AUDIT_... */
  int64_t at; /* of the event */
  lowtide_text event; /* balance, tick, enable, set_threshold, disable, rebase */
  lowtide_text alert; /* empty for a rebase */
  int32_t why;
  int32_t phase; /* afterwards */
} lowtide_audit_line;

/* One account's part of a commit: all of it is to be stored, or nothing. after->revision is one more than the revision that was loaded; if
 * the stored one is no longer that, the answer is LOWTIDE_HOST_CONFLICT. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  const lowtide_account *after;
  const lowtide_notice *notices; /* in the order in which they are to be sent */
  size_t notice_count;
  size_t notice_stride;
  const lowtide_audit_line *audit; /* whatever was more than a silent observation */
  size_t audit_count;
  size_t audit_stride;
  int64_t recorded_at; /* now */
} lowtide_commit;

#define LOWTIDE_WALK_GOES_ON 1u /* cursor_at and cursor_text are those of the item that was last put; without: from the start */
#define LOWTIDE_WALK_INCLUSIVE 2u /* of due: reminders at `end` too */

/* What a walk over due accounts or pending deliveries asks for: up to `limit` items behind the cursor. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_WALK_... */
  size_t limit;
  int64_t end; /* of due: reminders before this instant */
  int64_t cursor_at;
  lowtide_text cursor_text;
} lowtide_walk;

/* An account with a reminder that is due, as `due` puts it. The cursor says where the walk goes on behind it: any number and any text, read
 * by the host alone. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  lowtide_text account;
  int64_t cursor_at;
  lowtide_text cursor_text;
} lowtide_due_account;

/* A notice on one channel. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  lowtide_text key;
  lowtide_text account;
  lowtide_text alert;
  lowtide_text channel;
  int64_t cause;
  lowtide_text contact; /* of the account, as are the next three */
  lowtide_text language;
  lowtide_text currency;
  uint32_t currency_digits;
  uint32_t reserved;
  int64_t cursor_at; /* from `pending`, where it goes on behind this one; to `deliver` and `record_delivery`, 0 and no text */
  lowtide_text cursor_text;
  lowtide_output output;
} lowtide_delivery;

#define LOWTIDE_DELIVERY_SENT 2
#define LOWTIDE_DELIVERY_FAILED 3

/* What became of a delivery for good. */
typedef struct {
  uint32_t struct_size;
  int32_t state; /* LOWTIDE_DELIVERY_... */
  const lowtide_delivery *delivery;
  lowtide_text error; /* in words, unless sent */
  int64_t now;
} lowtide_delivery_result;

/* The callbacks. Each is called on the thread that calls the Monitor, and only during that call, with `context` first. What they are handed
 * is borrowed until they return. They put what they answer into the sink named for it, and may put one lowtide_text into `error`: why it
 * failed, in words for the log. lowtide_sink_put is the one call on a Monitor that is allowed inside a callback; every other on the same
 * Monitor returns LOWTIDE_BUSY. The functions on amounts, alerts and outputs know no Monitor, and may be called anywhere. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  void *context;  /* may be NULL */

  /* Puts a lowtide_account for each of the names that is stored, in any order. A wrong value in what is stored of an account (its revision,
   * sequence, instants or digits, its alerts' names or bytes) is an error of that account: it is not changed, and the others are. Returns
   * LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED. */
  int32_t (*load)(void *context, lowtide_sink *accounts, lowtide_sink *error, const lowtide_text *names, size_t count);

  /* Stores each account whole or not at all. Writes one of COMMITTED, CONFLICT, UNKNOWN, NOT_STORED into results[i] for commit i; what is
   * left as it came (0), or is something else, counts as UNKNOWN: the Monitor then looks whether it was stored, and commits again what was
   * not. If others committed on top, only observations with a sequence and ticks are decided again, for any other change would count twice
   * or undo what the others did; what is not decided again, or has no effect then, is reported as LOWTIDE_UNKNOWN_RESULT. The commits come
   * in the order of the bytes of the accounts' names, so that stores which lock rows cannot deadlock. Returns LOWTIDE_HOST_OK or
   * LOWTIDE_HOST_FAILED, which is for the log: the results hold either way. */
  int32_t (*commit)(void *context, int32_t *results, lowtide_sink *error, const lowtide_commit *commits, size_t count, size_t stride);

  /* Puts up to walk->limit lowtide_due_account, the earliest first: accounts that have an alert with next_reminder_at before walk->end, or
   * at it with LOWTIDE_WALK_INCLUSIVE. An account may come more than once; a cursor that a later call of the walk puts again is a failure.
   * Returns LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED. */
  int32_t (*due)(void *context, lowtide_sink *accounts, lowtide_sink *error, const lowtide_walk *walk);

  /* Puts up to walk->limit lowtide_delivery that are pending, oldest first; a cursor that a later call of the walk puts again is a failure.
   * A wrong value in what is stored of a delivery (its output or digits) is an error of that delivery: it is not handed over and stays
   * pending, and the others are handed over. Returns LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED. */
  int32_t (*pending)(void *context, lowtide_sink *deliveries, lowtide_sink *error, const lowtide_walk *walk);

  /* Records that a delivery was sent, or failed for good. One that is no longer pending stays as it is. Returns LOWTIDE_HOST_OK or
   * LOWTIDE_HOST_FAILED. */
  int32_t (*record_delivery)(void *context, lowtide_sink *error, const lowtide_delivery_result *result);

  /* Hands a delivery over. May be called again with the same key and channel, should the process end before it was settled. Returns
   * LOWTIDE_HOST_SENT, LOWTIDE_HOST_REJECTED or LOWTIDE_HOST_TRY_AGAIN; anything else counts as the last. */
  int32_t (*deliver)(void *context, lowtide_sink *error, const lowtide_delivery *delivery);
} lowtide_host;

/* Puts an answer into a sink. It is copied whole, texts and arrays included, before the function returns.
 * Out:     sink   the one that the callback was given. Only on the callback's thread, and only until the callback returns.
 * In:      item   what the sink is for: a lowtide_account, lowtide_due_account or lowtide_delivery; a lowtide_text for `error`.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT (sink), MISALIGNED (sink), SINK_CLOSED; then of the item: NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE,
 *          SINK_FULL (beyond the limit; an account that was not asked for or came before; a second error), FLAGS, STRIDE,
 *          OUT_OF_MEMORY, whichever is met first. A wrong value in what is stored is none of these: the Monitor's report tells it.
 *          After an error of the item load, due, pending and record_delivery count as failed, whatever they return: half an answer is none.
 *          The results of commit hold all the same, and so does what deliver returns.
 * Threads: the callback's. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_sink_put(lowtide_sink *sink, const void *item);

#define LOWTIDE_OPTIONS_JOINED 1u        /* the store writes within your own transaction: one attempt, and a conflict is yours to solve */
#define LOWTIDE_OPTIONS_DELIVER_STOPS 2u /* stops are delivered too; without: recorded only */
#define LOWTIDE_OPTIONS_HAS_SKEW 4u      /* without: 86400 */
#define LOWTIDE_OPTIONS_HAS_ATTEMPTS 8u  /* without: 16 */
#define LOWTIDE_OPTIONS_HAS_CHANNELS 16u /* without: email, internal_message */

typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* LOWTIDE_OPTIONS_... */
  int64_t skew;      /* seconds, 0 to 253402300799: a change later than now + skew is refused */
  uint32_t attempts; /* in all, on conflicts and unknown results, 1 or more */
  uint32_t reserved;
  const lowtide_text *channels; /* may be NULL if there are none */
  size_t channel_count;
} lowtide_monitor_options;

/* Makes a Monitor. Host, options and channels are copied; what host->context points to must outlive it.
 * Out:     monitor   to be given to lowtide_monitor_destroy in the end.
 * In:      host, options
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of the host: NULL_ARGUMENT (a callback), FLAGS; of the options:
 *          FLAGS, OUT_OF_RANGE (skew, attempts, reserved); of the channels: NULL_ARGUMENT, MISALIGNED, STRIDE (the count, or a length),
 *          OUT_OF_RANGE (one that is empty, has a control character or comes twice); then OUT_OF_MEMORY.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_create(lowtide_monitor **monitor, const lowtide_host *host,
                                                  const lowtide_monitor_options *options);

/* Frees a Monitor, and with it all that its reports point to.
 * In:      monitor
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, BUSY (then it is not freed).
 * Threads: one, and no other call on this Monitor afterwards. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_destroy(lowtide_monitor *monitor);

/* What one change meant for one alert. Lies in arrays with a stride. */
typedef struct {
  uint32_t struct_size;
  int32_t why;   /* LOWTIDE_WHY_... */
  int32_t phase; /* afterwards, LOWTIDE_PHASE_... */
  uint32_t output_count;
  lowtide_text alert;
  lowtide_output outputs[2];
} lowtide_alert_decision;

#define LOWTIDE_EVENT_REPORT_STORED 1u /* something was stored; without: nothing had to be, as with a stale change */

/* What became of one change. Its pointers are valid until the next call on the same Monitor that writes a report, and until the Monitor is
 * destroyed. A call that writes no report leaves them as they are. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_EVENT_REPORT_... */
  lowtide_status status; /* LOWTIDE_OK; REFUSED, HOST_FAILURE, CONFLICT, UNKNOWN_RESULT */
  uint32_t reserved;
  lowtide_text error; /* names the account, or says "memory ran out"; empty with LOWTIDE_OK */
  const lowtide_alert_decision *decisions; /* in the order of the alerts' names; NULL if there are none */
  size_t decision_count;
  size_t decision_stride;
} lowtide_event_report;

/* One change of an account: load, decide, commit; on a conflict all over again. The alert that is enabled is made if it is not there.
 * Out:     report   written with LOWTIDE_OK and with every status of `report.status`, which is then what the function returns.
 * In:      monitor, account, alert (a name, as are their sizes), the event, now
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, STRIDE (the lengths), OVERLAP, BUSY, FLAGS, CODE (if_below), TIME_RANGE
 *          (now, and the event's), SEQUENCE_RANGE, OUT_OF_RANGE (the settings), OUT_OF_MEMORY (nothing was stored; do it again);
 *          with a report: REFUSED (a name, an Available Credit out of range, later than the skew allows, an alert that was never
 *          enabled), HOST_FAILURE, CONFLICT, UNKNOWN_RESULT (above all when others committed on top of what may have been stored).
 *          Once the store has committed, the change is told whole, whatever fails.
 * Threads: one call at a time; workers have a Monitor each. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_observe(lowtide_event_report *report, lowtide_monitor *monitor, const char *account,
                                                   size_t account_size, const lowtide_observation *observation, int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_enable(lowtide_event_report *report, lowtide_monitor *monitor, const char *account,
                                                  size_t account_size, const char *alert, size_t alert_size, const lowtide_enable *enable,
                                                  int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_set_threshold(lowtide_event_report *report, lowtide_monitor *monitor, const char *account,
                                                         size_t account_size, const char *alert, size_t alert_size,
                                                         const lowtide_set_threshold *set_threshold, int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_disable(lowtide_event_report *report, lowtide_monitor *monitor, const char *account,
                                                   size_t account_size, const char *alert, size_t alert_size, int64_t at, int64_t now);
/* sequence: 0 for none yet. */
LOWTIDE_API lowtide_status lowtide_monitor_rebase(lowtide_event_report *report, lowtide_monitor *monitor, const char *account,
                                                  size_t account_size, int64_t sequence, int64_t at, int64_t now);

/* A change of one of many accounts. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  lowtide_text account;
  const lowtide_observation *observation;
} lowtide_account_event;

/* Many changes, each with its report, in their order. Those of one account are decided in that order and committed together, and stand and
 * fall together in the store; one that is refused does not keep the others.
 * Out:     reports   `count` of them, `report_stride` apart; written with LOWTIDE_OK and LOWTIDE_INCOMPLETE.
 * In:      monitor.   changes   `count` of them, `observation_stride` apart.   now
 * Returns: LOWTIDE_OK (all reports say LOWTIDE_OK); NULL_ARGUMENT, MISALIGNED, STRIDE, STRUCT_SIZE, OVERLAP, BUSY, TIME_RANGE (now); of
 *          each change, one after the other: NULL_ARGUMENT, STRIDE (the account's length), MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS,
 *          TIME_RANGE, SEQUENCE_RANGE; then OUT_OF_MEMORY (nothing was stored); INCOMPLETE (not all reports say LOWTIDE_OK). Whatever
 *          the store has committed is told whole.
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_apply(lowtide_event_report *reports, size_t report_stride, lowtide_monitor *monitor,
                                                        const lowtide_account_event *changes, size_t observation_stride, size_t count,
                                                        int64_t now);

/* What a tick did. Its pointers are valid as long as those of a lowtide_event_report. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  uint64_t accounts; /* that were ticked and committed */
  uint64_t outputs;
  const lowtide_text *errors; /* each names its account, and the others went on; or says why the tick ended early */
  size_t error_count;
} lowtide_tick_report;

/* Sends every reminder that is due at `now`; the second, for a host that plays past time, decides at `at` what falls before `end`, or at it
 * if `inclusive` is 1.
 * Out:     report   written with LOWTIDE_OK and LOWTIDE_INCOMPLETE.
 * In:      monitor, now; at, end, inclusive (0 or 1)
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, BUSY, CODE (inclusive), TIME_RANGE, OUT_OF_MEMORY (nothing was
 *          stored); INCOMPLETE (there are errors).
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_tick(lowtide_tick_report *report, lowtide_monitor *monitor, int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_tick_until(lowtide_tick_report *report, lowtide_monitor *monitor, int64_t at, int64_t end,
                                                      uint32_t inclusive);

/* What became of the pending deliveries. Its pointers are valid as long as those of a lowtide_event_report. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  uint64_t sent;
  uint64_t failed;    /* for good */
  uint64_t postponed; /* still pending */
  const lowtide_text *errors; /* as in lowtide_tick_report */
  size_t error_count;
} lowtide_delivery_report;

/* Hands every pending delivery over, and records what became of it after each.
 * Out:     report   written with LOWTIDE_OK and LOWTIDE_INCOMPLETE.
 * In:      monitor, now
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, BUSY, TIME_RANGE, OUT_OF_MEMORY (nothing was handed over);
 *          INCOMPLETE (there are errors).
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_deliver(lowtide_delivery_report *report, lowtide_monitor *monitor, int64_t now);

#ifdef __cplusplus
}
#endif

#endif

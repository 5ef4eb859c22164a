/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lowtide: low-balance alerts, for C and for every language that can call C.
 *
 * An account has cash, a credit line, refunds and unsettled usage. What is left of them is its
 * Available Credit. When that falls below the threshold that the account's owner set, the owner is
 * notified once, then reminded daily for up to five days. The reminders stop when the account
 * recovers or is overdue (below 0). lowtide decides what to send and when. Your program stores the
 * alert and sends the messages.
 *
 *
 * Five minutes
 * ------------
 * An alert is a value of 64 bytes. A call takes an alert and an event. It gives back the alert as
 * it is afterwards, and up to two outputs (what to send):
 *
 *   lowtide_alert alert;
 *   lowtide_alert_init(&alert);  // off, on an account that was never observed
 *
 *   const char *field = "";
 *   lowtide_decision decision = {.struct_size = sizeof decision};
 *   lowtide_enable enable = {.struct_size = sizeof enable, .at = 1772352000};
 *   lowtide_amount_parse(&enable.threshold, "1000", 4);
 *   lowtide_alert_enable(&decision, &alert, &field, &alert, &enable);
 *
 *   lowtide_observation observation = {.struct_size = sizeof observation,
 *                                      .flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT,
 *                                      .at = 1772438400};
 *   lowtide_amount_parse(&observation.available_credit, "999.99", 6);
 *   if (lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK &&
 *       decision.output_count > 0) {
 *     // decision.why is LOWTIDE_WHY_FELL_BELOW, and decision.outputs[0].kind is
 *     // LOWTIDE_OUTPUT_FIRE: notify the owner.
 *   }
 *
 * A host has three more things to do. It stores the alert (lowtide_alert_encode gives the bytes)
 * and its outputs in one transaction. It sends each output once (lowtide_output_key gives each a
 * name that never changes). It calls lowtide_alert_tick at the instant that
 * lowtide_alert_next_reminder_at gives. The Monitor, in lowtide_monitor.h, does all three through
 * callbacks of yours. To decide about many alerts in one call, use lowtide_batch.h.
 *
 * Amounts are exact: a count of 10^-18 in 128 bits. They are never rounded; an amount that does not
 * fit is an error. Times are seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999.
 * lowtide reads no clock: equal inputs give equal bits on every machine.
 *
 *
 * Rules that hold for every function
 * ----------------------------------
 * Status.    A function returns LOWTIDE_OK or an error. If several errors apply, it returns the one
 *            that comes first in its "Returns". Statuses are grouped by whose fault it is: 1xx the
 *            caller's, 2xx the data's, 3xx the host's (its callbacks), 4xx lowtide's. Values are
 *            never reused. Later versions may add values. Four functions cannot fail and return
 *            their result directly: lowtide_status_name, lowtide_status_sentence, lowtide_version
 *            and lowtide_abi_version.
 * Arguments. Outputs come first, then inputs. On an error nothing is written, except what explains
 *            the error: `field` (the name of the wrong field, static text, written only with the
 *            statuses that say so), the needed size with LOWTIDE_BUFFER_TOO_SMALL, and the reports
 *            of a Monitor with the statuses that say so.
 * Pointers.  No pointer may be NULL, every pointer must be aligned for its type, and no output may
 *            overlap another argument, unless the function says otherwise. Each of these is an
 *            error and never a crash. Pointers inside a struct are checked after the struct. A
 *            pointer to memory that does not exist cannot be detected.
 * Structs.   Zero a struct that begins with struct_size, set struct_size to sizeof, then fill it
 *            in, for inputs and outputs alike. A later version may append fields; zero in
 *            them means "as before". A struct_size greater than sizeof in this version is accepted,
 *            up to 4096, if all bytes that this version does not know are zero.
 * Flags.     A flag says that a field is present. Fields that are not present are not read. Unknown
 *            flags are refused.
 * Text.      Text is a pointer and a length in bytes, without a NUL at the end. Text that is passed
 *            in may hold any bytes. Static text ends with a NUL and is valid as long as the library
 *            is loaded.
 * Alerts.    Every lowtide_alert that is passed in is checked completely. Invalid bytes are
 *            an error; they never produce an output.
 * Memory.    Only a Monitor has to be freed. Functions on amounts, alerts, batches and outputs
 *            allocate nothing, except lowtide_output_key.
 * Threads.   Any number of threads may call lowtide at once, on different outputs, unless a
 *            function says otherwise. Only a Monitor keeps state between calls.
 * C++.       No exception leaves lowtide. An exception that a callback throws is caught and counts
 *            as a failure of the host. A callback must not leave by longjmp: its Monitor would be
 *            busy for ever. A callback may end its thread (pthread_exit, cancellation) if that
 *            unwinds the stack, as glibc does. Then the call does not return, what it stored stays
 *            stored, and the Monitor is free.
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

/* The caller's fault: the program has to be corrected. */
#define LOWTIDE_NULL_ARGUMENT 101    /* a pointer is NULL */
#define LOWTIDE_MISALIGNED 102       /* a pointer is not aligned for its type */
#define LOWTIDE_STRUCT_SIZE 103      /* struct_size is too small or above 4096, or a byte that this
                                        version does not know is not zero */
#define LOWTIDE_STRIDE 104           /* a stride is less than sizeof or no multiple of 8, or a
                                        length is more than memory can hold */
#define LOWTIDE_OVERLAP 105          /* an output overlaps another argument */
#define LOWTIDE_FLAGS 106            /* a flag is unknown, or flags contradict each other */
#define LOWTIDE_CODE 107             /* an enumerated value, such as a phase, is not one of those
                                        defined; or a field that must be 0 or empty is not */
#define LOWTIDE_BUFFER_TOO_SMALL 108 /* the needed size is written */
#define LOWTIDE_BUSY 109             /* the Monitor is already serving a call, perhaps the one that
                                        this callback belongs to */
#define LOWTIDE_SINK_CLOSED 110      /* a sink is used outside the callback that received it */
#define LOWTIDE_SINK_FULL 111        /* more was put into a sink than was requested */

/* The data's fault: a value from outside is wrong. */
#define LOWTIDE_MALFORMED 201      /* a text does not have the required form */
#define LOWTIDE_INEXACT 202        /* an amount has a digit other than 0 after the 18th place */
#define LOWTIDE_OVERFLOW 203       /* an amount is outside the representable range */
#define LOWTIDE_OUT_OF_RANGE 204   /* a number, or the length of a name, is outside its documented
                                      range */
#define LOWTIDE_INCONSISTENT 205   /* each field is in range, but no alert can have all of them */
#define LOWTIDE_CORRUPT 206        /* stored bytes are damaged */
#define LOWTIDE_NEWER_FORMAT 207   /* stored bytes are intact, but in the format of a later
                                      version */
#define LOWTIDE_CORRUPT_ALERT 208  /* a lowtide_alert has contents that no alert can have */
#define LOWTIDE_TIME_RANGE 209     /* an instant is not from 1970-01-01T00:00:00Z to
                                      9999-12-31T23:59:59Z */
#define LOWTIDE_SEQUENCE_RANGE 210 /* a sequence is below 1 (or below 0, where 0 means none yet) */
#define LOWTIDE_REFUSED 211        /* the Monitor refused an event; the report says why */

/* The host's fault: its callbacks failed. */
#define LOWTIDE_HOST_FAILURE 301   /* a callback failed, threw, returned an undefined code, or
                                      loaded invalid data; nothing was stored */
#define LOWTIDE_CONFLICT 302       /* others committed the account during every attempt; nothing was
                                      stored */
#define LOWTIDE_UNKNOWN_RESULT 303 /* the store does not know whether it committed; the event may
                                      have been stored */
#define LOWTIDE_INCOMPLETE 304     /* some accounts or deliveries failed; the report says which */

/* lowtide's own. */
#define LOWTIDE_OUT_OF_MEMORY 401  /* memory ran out; a call of a Monitor that returns this stored
                                      and delivered nothing */
#define LOWTIDE_INTERNAL_ERROR 402 /* a mistake in lowtide; please report it */

/* The name of a status, such as "null_argument", and a sentence for people. Static text. For a
 * value that is no status the name is "unknown".
 * Threads: any. Since 0.1. */
LOWTIDE_API const char *lowtide_status_name(lowtide_status status);
LOWTIDE_API const char *lowtide_status_sentence(lowtide_status status);

/* ---- Versions ---- */

/* The version of the package that this header belongs to: 10000 x major + 100 x minor + patch. */
#define LOWTIDE_VERSION 100

/* The version of this interface. It grows with each release that appends to the interface. */
#define LOWTIDE_ABI_VERSION 1

/* The version of the library in use: "0.1.0". Static text.
 * Threads: any. Since 0.1. */
LOWTIDE_API const char *lowtide_version(void);

/* LOWTIDE_ABI_VERSION of the library in use.
 * Threads: any. Since 0.1. */
LOWTIDE_API uint32_t lowtide_abi_version(void);

/* ---- Amounts ---- */

/* A signed 128-bit count of 10^-18 in two's complement: from
 * -170141183460469231731.687303715884105728 to 170141183460469231731.687303715884105727. On a
 * little-endian machine these are the bytes of Arrow's decimal128(38, 18). Never grows. */
typedef struct {
  uint64_t low;
  int64_t high;
} lowtide_amount;

#define LOWTIDE_AMOUNT_TEXT_SIZE 41u /* the longest text of an amount */

/* Reads an amount of the form `[+-]? digits [. digits]? ([eE] [+-]? digits)?`, in ASCII digits,
 * with nothing before, after or in between. The time it takes grows with the length of the text
 * alone, whatever the exponent.
 * Out:     amount
 * In:      text, text_size
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the length), OVERLAP, OVERFLOW, INEXACT,
 *          MALFORMED.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_parse(lowtide_amount *amount, const char *text,
                                                size_t text_size);

/* Writes an amount in its shortest plain form: no exponent, no trailing zeros, no "-0", no NUL.
 * LOWTIDE_AMOUNT_TEXT_SIZE is always enough.
 * Out:     text_size   bytes written; with BUFFER_TOO_SMALL the bytes needed.
 *          text        room for `capacity` bytes.
 * In:      capacity, amount
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the capacity), OVERLAP, BUFFER_TOO_SMALL.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_format(size_t *text_size, char *text, size_t capacity,
                                                 const lowtide_amount *amount);

/* The exact sum a + b, and the exact difference a - b.
 * Out:     result   may be a or b.
 * In:      a, b     may be the same.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, OVERFLOW.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_add(lowtide_amount *result, const lowtide_amount *a,
                                              const lowtide_amount *b);
LOWTIDE_API lowtide_status lowtide_amount_subtract(lowtide_amount *result, const lowtide_amount *a,
                                                   const lowtide_amount *b);

/* Compares two amounts.
 * Out:     order   -1 if a is less than b, 0 if they are equal, 1 if a is greater.
 * In:      a, b    may be the same.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_amount_compare(int32_t *order, const lowtide_amount *a,
                                                  const lowtide_amount *b);

/* ---- Balances ---- */

/* The five components of an account's balance, in the account's one currency. Any may be
 * negative. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;                           /* none yet */
  lowtide_amount cash_balance;              /* funds left in the account */
  lowtide_amount credit_limit;              /* the credit line approved for the account */
  lowtide_amount credit_refunds;            /* refunds of what was paid from the credit line */
  lowtide_amount unsettled_current_month;   /* usage of the current month, not billed yet */
  lowtide_amount unsettled_previous_months; /* billed for earlier months, not paid yet */
} lowtide_balance;

/* Available Credit: cash_balance + credit_limit + credit_refunds - unsettled_current_month -
 * unsettled_previous_months.
 * Out:     available_credit
 * In:      balance
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, OVERFLOW (only if
 *          the exact result is out of range; an intermediate sum may be).
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_balance_available_credit(lowtide_amount *available_credit,
                                                            const lowtide_balance *balance);

/* ---- Alerts ---- */

/* Everything that is remembered about one alert. A plain value: copy it, keep it in arrays. To
 * store it, encode it: the bytes in memory depend on the machine and the version. Only lowtide
 * reads and writes what is inside, and every function checks it completely. Never grows. */
typedef struct {
  uint64_t opaque[8];
} lowtide_alert;

/* Phases. */
#define LOWTIDE_PHASE_OFF 0      /* disabled, or never enabled */
#define LOWTIDE_PHASE_ARMED 1    /* the next change that leaves Available Credit below the threshold
                                    fires */
#define LOWTIDE_PHASE_ALERTING 2 /* fired; reminders are to come */
#define LOWTIDE_PHASE_QUIET 3    /* not known to be at the threshold or above; sends nothing */

/* Why an episode ended. A fire begins an episode. */
#define LOWTIDE_STOP_RECOVERED 1         /* Available Credit is at the threshold or above again */
#define LOWTIDE_STOP_OVERDUE 2           /* Available Credit fell below 0 */
#define LOWTIDE_STOP_COMPLETED 3         /* no reminder is left */
#define LOWTIDE_STOP_THRESHOLD_CHANGED 4 /* Available Credit is not below the new threshold */
#define LOWTIDE_STOP_DISABLED 5          /* the owner turned the alert off */

/* The names of phases and stop reasons, such as "armed" and "threshold_changed". Static text.
 * Out:     name
 * In:      phase, reason
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, CODE.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_phase_name(const char **name, int32_t phase);
LOWTIDE_API lowtide_status lowtide_stop_reason_name(const char **name, int32_t reason);

/* Makes a new alert: off, threshold 0, five reminders, one every 24 hours, on an account that was
 * never observed.
 * Out:     alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_init(lowtide_alert *alert);

#define LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT 1u
#define LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE 2u

/* What was last observed of an account. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_LAST_OBSERVED_... */
  lowtide_amount available_credit;
  int64_t sequence; /* 1 to 2^63 - 1 */
} lowtide_last_observed;

/* Makes a new alert on an account that was observed before. It starts with what the account's other
 * alerts know.
 * Out:     alert
 * In:      observed
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, SEQUENCE_RANGE.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_init_observed(lowtide_alert *alert,
                                                       const lowtide_last_observed *observed);

#define LOWTIDE_FIELDS_HAS_TIME_OF_DAY 1u      /* without: every 24 hours after the fire */
#define LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT 2u /* without: never observed */
#define LOWTIDE_FIELDS_HAS_SEQUENCE 4u         /* without: no sequence yet */
#define LOWTIDE_FIELDS_HAS_FIRED_AT 8u         /* without: never fired */
#define LOWTIDE_FIELDS_HAS_FIRE_DAY 16u        /* present together with fired_at */
#define LOWTIDE_FIELDS_HAS_STOP_REASON 32u     /* without: never fired, or alerting */

/* All settings and all state of an alert. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;                  /* LOWTIDE_FIELDS_... */
  lowtide_amount threshold;        /* 0 or more */
  lowtide_amount available_credit; /* last observed */
  int64_t sequence;                /* the account's last, 1 or more */
  int64_t fired_at;                /* of the last episode */
  int64_t fire_day;                /* local day of fired_at, at the offset that was in force then,
                                      in days since 1970-01-01; at most one day from that in UTC */
  int64_t episode;                 /* 0 (never fired) to 4294967295 */
  int32_t count;                   /* reminders per episode, 0 to 255 */
  int32_t time_of_day;             /* local, in minutes, 0 to 1439 */
  int32_t utc_offset;              /* in minutes, -1439 to 1439; east of Greenwich is positive */
  int32_t phase;                   /* LOWTIDE_PHASE_... */
  int32_t last_reminder;           /* number k of the last one sent: counts days; 0 (none) to 255 */
  int32_t reminders_sent;          /* in this episode, 0 to last_reminder */
  int32_t stop_reason;             /* of the last episode, LOWTIDE_STOP_... */
  int32_t reserved;                /* 0 */
} lowtide_alert_fields;

/* Reads the fields of an alert, for the columns of a database and for people. Fields that are not
 * present are 0.
 * Out:     fields
 * In:      alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, CORRUPT_ALERT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_read(lowtide_alert_fields *fields,
                                              const lowtide_alert *alert);

/* Makes an alert from its fields, for example to take over an existing alert in the middle of an
 * episode. Restoring what was read gives the same alert.
 * Out:     alert.   field   with OUT_OF_RANGE and INCONSISTENT the wrong field, such as "count".
 * In:      fields
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS; OUT_OF_RANGE or
 *          INCONSISTENT, for one of the wrong fields.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_restore(lowtide_alert *alert, const char **field,
                                                 const lowtide_alert_fields *fields);

/* Checks whether an alert is one that can exist. For tests and tools: every other function makes
 * this check itself.
 * Out:     field   with CORRUPT_ALERT the wrong field.
 * In:      alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, CORRUPT_ALERT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_check(const char **field, const lowtide_alert *alert);

#define LOWTIDE_ALERT_BYTES 128u /* the longest stored form, in this and every later version */

/* Writes the bytes to store: the same on every machine, protected by a checksum, readable by every
 * later version.
 * Out:     bytes_size   bytes written; with BUFFER_TOO_SMALL the bytes needed.
 *          bytes        room for `capacity` bytes; LOWTIDE_ALERT_BYTES is always enough.
 * In:      capacity, alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the capacity), OVERLAP, CORRUPT_ALERT,
 *          BUFFER_TOO_SMALL.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_encode(size_t *bytes_size, uint8_t *bytes, size_t capacity,
                                                const lowtide_alert *alert);

/* Reads stored bytes.
 * Out:     alert.   field   with CORRUPT and NEWER_FORMAT the wrong field; "alert" if the bytes as
 *          a whole are wrong.
 * In:      bytes, bytes_size
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRIDE (the length), OVERLAP, CORRUPT,
 *          NEWER_FORMAT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_decode(lowtide_alert *alert, const char **field,
                                                const uint8_t *bytes, size_t bytes_size);

/* When the host should call lowtide_alert_tick: at the instant of the reminder after the last one
 * sent.
 * Out:     present   1 if there is such an instant; 0 unless alerting, or if it would be after the
 *          year 9999.
 *          at        written only if there is one.
 * In:      alert
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, CORRUPT_ALERT.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_next_reminder_at(uint32_t *present, int64_t *at,
                                                          const lowtide_alert *alert);

/* ---- Decisions ---- */

/* Why a decision is what it is. Decisions that send nothing have a reason too. */
#define LOWTIDE_WHY_STALE 1                 /* not newer than the account's last observation */
#define LOWTIDE_WHY_OFF 2                   /* the alert is off; Available Credit is remembered */
#define LOWTIDE_WHY_UNCHANGED 3             /* Available Credit is the same as before */
#define LOWTIDE_WHY_NOT_BELOW 4             /* not below the threshold; equal is not below */
#define LOWTIDE_WHY_FELL_BELOW 5            /* fires */
#define LOWTIDE_WHY_CHANGED_WHILE_BELOW 6   /* fires: a change on an account that was below already
                                               when the alert was armed */
#define LOWTIDE_WHY_RECOVERED 7             /* stops */
#define LOWTIDE_WHY_OVERDUE 8               /* stops: fell below 0 */
#define LOWTIDE_WHY_REMINDER_NOT_DUE 9      /* alerting, and nothing is due */
#define LOWTIDE_WHY_REMINDER_DAYS_OVER 10   /* stops: the time of the last reminder is over */
#define LOWTIDE_WHY_REMINDER_DUE 11         /* reminds */
#define LOWTIDE_WHY_REARMED 12              /* recovered after the episode had ended */
#define LOWTIDE_WHY_WAITING_FOR_RECOVERY 13 /* nothing is sent until the account recovers */
#define LOWTIDE_WHY_NOTHING_PENDING 14      /* a tick, and no reminder is pending */
#define LOWTIDE_WHY_ENABLED 15              /* armed */
#define LOWTIDE_WHY_ENABLED_WAITING 16      /* enabled as quiet: waits until it has recovered */
#define LOWTIDE_WHY_THRESHOLD_CHANGED 17    /* stops: not below the new threshold */
#define LOWTIDE_WHY_REMINDERS_REACHED 18    /* stops: the new count is reached already */
#define LOWTIDE_WHY_REARMED_BY_THRESHOLD 19 /* armed, because the threshold is a new one */
#define LOWTIDE_WHY_SETTINGS_CHANGED 20
#define LOWTIDE_WHY_SETTINGS_UNCHANGED 21
#define LOWTIDE_WHY_ALREADY_OFF 22
#define LOWTIDE_WHY_DISABLED 23

/* The name of a reason, such as "fell_below", and a sentence for people, such as "Available Credit
 * fell below the threshold." Static text.
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

/* What to send for one alert because of one event. Settings and amounts are those after the event.
 * In a decision, lowtide sets struct_size for you. Outputs lie in arrays of a fixed stride, so
 * this struct never grows; later versions put new fields elsewhere. */
typedef struct {
  uint32_t struct_size;
  int32_t kind; /* LOWTIDE_OUTPUT_... */
  lowtide_amount available_credit;
  lowtide_amount threshold;
  int64_t at;              /* the instant of the event */
  int64_t fired_at;        /* of the episode */
  uint32_t episode;        /* 1 or more */
  int32_t stop_reason;     /* of a stop, LOWTIDE_STOP_...; else 0 */
  uint32_t reminder;       /* of a reminder: its number, 1 to 255; else 0 */
  uint32_t skipped;        /* of a reminder: how many came due before it and were never sent, up to
                              254; else 0 */
  uint32_t reminders_sent; /* in the episode, including this one, up to 255 */
  uint32_t reserved;       /* 0 */
} lowtide_output;

/* The reason, and what to send: outputs[0] to outputs[output_count - 1], in this order. The other
 * outputs are not written. */
typedef struct {
  uint32_t struct_size;
  int32_t why;           /* LOWTIDE_WHY_... */
  int32_t phase;         /* afterwards, LOWTIDE_PHASE_... */
  uint32_t output_count; /* 0 to 2, and usually 0 */
  lowtide_output outputs[2];
} lowtide_decision;

#define LOWTIDE_OBSERVATION_HAS_BALANCE 1u          /* the five components */
#define LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT 2u /* exactly one of these two flags */
#define LOWTIDE_OBSERVATION_HAS_SEQUENCE 4u         /* without: the host ensures the order */

/* An observation of an account's balance. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;   /* LOWTIDE_OBSERVATION_... */
  int64_t at;       /* when */
  int64_t sequence; /* grows with each change of the account, 1 to 2^63 - 1; an observation whose
                       sequence is not greater than the last is stale and ignored */
  lowtide_amount cash_balance;
  lowtide_amount credit_limit;
  lowtide_amount credit_refunds;
  lowtide_amount unsettled_current_month;
  lowtide_amount unsettled_previous_months;
  lowtide_amount available_credit;
} lowtide_observation;

/* Decides what one observation means for one alert. Pure: equal inputs give equal bits on every
 * machine.
 * Out:     decision   why, and up to two outputs.   after   the alert afterwards; may be `before`.
 * In:      before, observation   borrowed for the call.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, CORRUPT_ALERT,
 *          TIME_RANGE, SEQUENCE_RANGE, OVERFLOW (of the Available Credit, even if the observation
 *          is stale), in this order. On an error nothing is written.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_observe(lowtide_decision *decision, lowtide_alert *after,
                                                 const lowtide_alert *before,
                                                 const lowtide_observation *observation);

/* Decides whether a reminder is due at `at`. A late tick loses no episode; an early tick sends
 * nothing.
 * Out:     decision.   after   may be `before`.
 * In:      before, at
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, CORRUPT_ALERT, TIME_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_tick(lowtide_decision *decision, lowtide_alert *after,
                                              const lowtide_alert *before, int64_t at);

/* What happens if the account is below the threshold already when an alert is enabled or its
 * threshold changes. Neither fires at once. */
#define LOWTIDE_IF_BELOW_NEXT_CHANGE 0    /* armed: the next change that leaves it below fires */
#define LOWTIDE_IF_BELOW_RECOVERY_FIRST 1 /* nothing is sent until it has recovered once */

#define LOWTIDE_ENABLE_HAS_SCHEDULE 1u    /* count, utc_offset and perhaps time_of_day; without: the
                                             schedule stays as it is */
#define LOWTIDE_ENABLE_HAS_TIME_OF_DAY 2u /* only with a schedule: reminders daily at this local
                                             time; without: every 24 hours */

typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_ENABLE_... */
  int64_t at;
  lowtide_amount threshold; /* 0 or more */
  int32_t if_below;         /* LOWTIDE_IF_BELOW_... */
  int32_t count;            /* reminders per episode, 0 to 255 */
  int32_t time_of_day;      /* local, in minutes, 0 to 1439 */
  int32_t utc_offset;       /* in minutes, -1439 to 1439; east of Greenwich is positive */
} lowtide_enable;

/* Turns an alert on. If it is on already, sets its threshold and its schedule. Never fires.
 * Out:     decision.   after   may be `before`.
 *          field   with CORRUPT_ALERT and OUT_OF_RANGE the wrong field, such as "threshold".
 * In:      before, enable
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, CODE (if_below),
 *          CORRUPT_ALERT, TIME_RANGE, OUT_OF_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_enable(lowtide_decision *decision, lowtide_alert *after,
                                                const char **field, const lowtide_alert *before,
                                                const lowtide_enable *enable);

typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  int64_t at;
  lowtide_amount threshold; /* 0 or more */
  int32_t if_below;         /* LOWTIDE_IF_BELOW_... */
  int32_t reserved;         /* 0 */
} lowtide_set_threshold;

/* Sets another threshold. An alert that is off remembers it. Never fires.
 * Out:     decision.   after   may be `before`.
 * In:      before, set_threshold
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, FLAGS, CODE (if_below,
 *          reserved), CORRUPT_ALERT, TIME_RANGE, OUT_OF_RANGE (a negative threshold).
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_set_threshold(lowtide_decision *decision,
                                                       lowtide_alert *after,
                                                       const lowtide_alert *before,
                                                       const lowtide_set_threshold *set_threshold);

/* Turns an alert off. In the middle of an episode that gives a stop.
 * Out:     decision.   after   may be `before`.
 * In:      before, at
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, CORRUPT_ALERT, TIME_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_disable(lowtide_decision *decision, lowtide_alert *after,
                                                 const lowtide_alert *before, int64_t at);

/* Sets the account's last sequence and changes nothing else, for a source whose numbering starts
 * over. This is not a decision.
 * Out:     after   may be `before`.
 * In:      before.   sequence   0: none yet.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, OVERLAP, CORRUPT_ALERT, SEQUENCE_RANGE.
 * Threads: any number at once, on different alerts. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_alert_rebase(lowtide_alert *after, const lowtide_alert *before,
                                                int64_t sequence);

/* ---- Keys ---- */

#define LOWTIDE_DEFAULT_ALERT_NAME "low_balance"
#define LOWTIDE_NAME_SIZE 255u /* the longest name of an account or an alert */
#define LOWTIDE_KEY_SIZE 1576u /* the longest key */

/* Writes the key of an output, for a unique column or a Message-ID:
 * `lowtide/1/ACCOUNT/ALERT/EPISODE/FIRED_AT/KIND`, with each byte of a name other than A-Z a-z 0-9
 * . _ ~ - as %XX. The same output has the same key for ever, and no two outputs share one. Names
 * are UTF-8, 1 to 255 bytes, without control characters.
 * Out:     key_size   bytes written; with BUFFER_TOO_SMALL the bytes needed.
 *          key        room for `capacity` bytes; LOWTIDE_KEY_SIZE is always enough.
 *          field      with CODE, TIME_RANGE, OUT_OF_RANGE and MALFORMED the wrong field of the
 *          output, "account" or "alert".
 * In:      capacity, account, account_size, alert, alert_size, output
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, STRIDE (the lengths), OVERLAP; of
 *          the output: CODE (its kind, or the reason of a stop), TIME_RANGE, OUT_OF_RANGE; of the
 *          name of the account, then of the alert: OUT_OF_RANGE (the length), MALFORMED; then
 *          OUT_OF_MEMORY, BUFFER_TOO_SMALL.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_output_key(size_t *key_size, char *key, size_t capacity,
                                              const char **field, const char *account,
                                              size_t account_size, const char *alert,
                                              size_t alert_size, const lowtide_output *output);

#ifdef __cplusplus
}
#endif

#include "lowtide_batch.h"
#include "lowtide_monitor.h"

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lowtide: the Monitor, a whole host but for storage and delivery.
 *
 * Part of lowtide.h, which includes it and states the rules that hold for every function.
 */
#include "lowtide.h"

#ifndef LOWTIDE_MONITOR_H
#define LOWTIDE_MONITOR_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The Monitor: a whole host, but for storage and delivery ---- */

/* Calls your store and your courier, which are callbacks, in the one order that is safe: it loads
 * the accounts, decides, commits each account with its notices under one revision, and only then
 * delivers. It does once and for all what a host must do with the functions of lowtide.h. The unit
 * is the account: what was last observed of it, and all its alerts. `now` is your clock; the
 * Monitor reads none. */
typedef struct lowtide_monitor lowtide_monitor;

/* Where a callback puts its results: any number, of any length. */
typedef struct lowtide_sink lowtide_sink;

/* Text and bytes inside structs, borrowed. {NULL, 0} is empty; NULL of another size is refused.
 * Never grow. */
typedef struct {
  const char *data;
  size_t size;
} lowtide_text;

typedef struct {
  const uint8_t *data;
  size_t size;
} lowtide_bytes;

/* What a callback returns: bit patterns that do not come about by accident. Any other value is a
 * failure of the host, and so is a C++ exception. */
#define LOWTIDE_HOST_OK 0x4C540001
#define LOWTIDE_HOST_FAILED 0x4C540002

/* The result of a commit for one account. */
#define LOWTIDE_HOST_COMMITTED 0x4C540011
#define LOWTIDE_HOST_CONFLICT 0x4C540012 /* others committed it in between; nothing was stored of
                                            it */
#define LOWTIDE_HOST_UNKNOWN 0x4C540013  /* it may have been stored or not, for example if the
                                            connection broke during COMMIT */
#define LOWTIDE_HOST_NOT_STORED 0x4C540014

/* The result of handing a delivery over. */
#define LOWTIDE_HOST_SENT 0x4C540021      /* the next system has accepted it */
#define LOWTIDE_HOST_REJECTED 0x4C540022  /* it can never be delivered: no such address, no such
                                             channel */
#define LOWTIDE_HOST_TRY_AGAIN 0x4C540023 /* not now; it stays pending */

#define LOWTIDE_STORED_ALERT_HAS_AVAILABLE_CREDIT 1u
#define LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT 2u
#define LOWTIDE_STORED_ALERT_CHANGED 4u /* in a commit: this alert has to be written */

/* An alert as it is stored: its bytes, and columns derived from them that queries can use. Always
 * write all of them together. When an account is loaded, only name and state are read. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_STORED_ALERT_... */
  lowtide_text name;
  lowtide_bytes state; /* as lowtide_alert_encode gives them */
  lowtide_amount threshold;
  lowtide_amount available_credit;
  int64_t next_reminder_at;
  int32_t phase; /* LOWTIDE_PHASE_... */
  int32_t reserved;
} lowtide_stored_alert;

#define LOWTIDE_ACCOUNT_HAS_BALANCE 1u          /* the components last observed; without: only
                                                   Available Credit was given */
#define LOWTIDE_ACCOUNT_HAS_AVAILABLE_CREDIT 2u /* without: never observed */
#define LOWTIDE_ACCOUNT_HAS_SEQUENCE 4u
#define LOWTIDE_ACCOUNT_HAS_FIRST_COST_AT 8u

/* The unit of storage: one account with all its alerts, under one revision. Contact, language and
 * currency are the host's; lowtide copies them into deliveries. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_ACCOUNT_... */
  lowtide_text name;
  int64_t revision; /* grows by one with each commit, up to 2^63 - 1; 0: not stored yet */
  int64_t sequence;
  int64_t first_cost_at; /* when unsettled usage was first observed */
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
  const lowtide_stored_alert *alerts; /* in a commit in the order of their names' bytes, in `load`
                                         in any order; may be NULL if there are none */
  size_t alert_count;
  size_t alert_stride; /* bytes from one alert to the next: sizeof(lowtide_stored_alert) where they
                          were written */
} lowtide_account;

/* An output that somebody has to be notified of. Its key is unique: if a store has the key already,
 * it keeps the old notice and makes no new deliveries. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;   /* none yet */
  lowtide_text key; /* as lowtide_output_key gives it */
  lowtide_text account;
  lowtide_text alert;
  int64_t cause; /* the account's revision after the commit that stored the notice */
  const lowtide_text *channels; /* one delivery for each, pending at first; none: only recorded */
  size_t channel_count;
  lowtide_output output;
} lowtide_notice;

#define LOWTIDE_AUDIT_HAS_WHY 1u /* without: a rebase, which is not a decision */

/* What one event meant for one alert, for the record of how the account came to its state. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;     /* LOWTIDE_AUDIT_... */
  int64_t at;         /* of the event */
  lowtide_text event; /* balance, tick, enable, set_threshold, disable, rebase */
  lowtide_text alert; /* empty for a rebase */
  int32_t why;
  int32_t phase; /* afterwards */
} lowtide_audit_line;

/* One account's part of a commit. Store all of it, or nothing. The revision of `after` is one more
 * than the revision that was loaded. If the stored revision is no longer the one that was loaded,
 * the result is LOWTIDE_HOST_CONFLICT. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  const lowtide_account *after;
  const lowtide_notice *notices; /* in the order in which to send them */
  size_t notice_count;
  size_t notice_stride;
  const lowtide_audit_line *audit; /* all but observations and ticks without output or new phase */
  size_t audit_count;
  size_t audit_stride;
  int64_t recorded_at; /* now */
} lowtide_commit;

#define LOWTIDE_WALK_GOES_ON 1u   /* cursor_at and cursor_text are those of the item put last;
                                     without: from the start */
#define LOWTIDE_WALK_INCLUSIVE 2u /* of due: reminders at `end` too */

/* One page of a walk over due accounts or pending deliveries: up to `limit` items behind the
 * cursor. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* LOWTIDE_WALK_... */
  size_t limit;
  int64_t end; /* of due: reminders before this instant */
  int64_t cursor_at;
  lowtide_text cursor_text;
} lowtide_walk;

/* An account with a due reminder, as `due` puts it. The cursor says where the walk continues behind
 * it: any number and any text, which only the host reads. */
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
  int64_t cursor_at; /* from `pending`: where the walk continues behind this one; to `deliver` and
                        `record_delivery`: 0 and no text */
  lowtide_text cursor_text;
  lowtide_output output;
} lowtide_delivery;

#define LOWTIDE_DELIVERY_SENT 2
#define LOWTIDE_DELIVERY_FAILED 3

/* The final result of a delivery. */
typedef struct {
  uint32_t struct_size;
  int32_t state; /* LOWTIDE_DELIVERY_... */
  const lowtide_delivery *delivery;
  lowtide_text error; /* in words, unless sent */
  int64_t now;
} lowtide_delivery_result;

/* The callbacks. Each is called on the thread that calls the Monitor, only during that call, and
 * with `context` as its first argument. What a callback receives is borrowed until it returns. It
 * puts its results into the sink that is named after them. It may put one lowtide_text into
 * `error`: why it failed, in words for the log. lowtide_sink_put is the only call on a Monitor that
 * is allowed inside a callback; every other call on the same Monitor returns LOWTIDE_BUSY.
 * Functions on amounts, alerts and outputs need no Monitor and may be called anywhere. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  void *context;  /* may be NULL */

  /* Puts a lowtide_account for each name that is stored, in any order. A wrong value in a stored
   * account (its revision, sequence, instants or digits, the names or bytes of its alerts) is an
   * error of that account alone: it is not changed, and the others are. Returns LOWTIDE_HOST_OK or
   * LOWTIDE_HOST_FAILED. */
  int32_t (*load)(void *context, lowtide_sink *accounts, lowtide_sink *error,
                  const lowtide_text *names, size_t count);

  /* Stores each account whole or not at all. Writes one of COMMITTED, CONFLICT, UNKNOWN, NOT_STORED
   * into results[i] for commit i. A result that is left as it was (0), or is any other value,
   * counts as UNKNOWN. The Monitor then loads the account to see whether it was stored, and commits
   * again what was not. If others committed after it, only observations with a sequence and ticks
   * are decided again: any other event would count twice or undo what the others did. An event that
   * is not decided again, or has no effect then, is reported as LOWTIDE_UNKNOWN_RESULT. The commits
   * come in the order of the bytes of the accounts' names, so that stores which lock rows cannot
   * deadlock. Returns LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED, which is for the log: the results
   * count either way. */
  int32_t (*commit)(void *context, int32_t *results, lowtide_sink *error,
                    const lowtide_commit *commits, size_t count, size_t stride);

  /* Puts up to walk->limit lowtide_due_account, the earliest first: accounts with an alert whose
   * next_reminder_at is before walk->end, or at it with LOWTIDE_WALK_INCLUSIVE. An account may come
   * more than once. If a cursor comes again in a later call of the same walk, the walk fails.
   * Returns LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED. */
  int32_t (*due)(void *context, lowtide_sink *accounts, lowtide_sink *error,
                 const lowtide_walk *walk);

  /* Puts up to walk->limit lowtide_delivery that are pending, the oldest first. If a cursor comes
   * again in a later call of the same walk, the walk fails. A wrong value in a stored delivery (its
   * output or digits) is an error of that delivery alone: it is not handed over and stays pending,
   * and the others are handed over. Returns LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED. */
  int32_t (*pending)(void *context, lowtide_sink *deliveries, lowtide_sink *error,
                     const lowtide_walk *walk);

  /* Records that a delivery was sent, or has failed for good. A delivery that is no longer pending
   * stays as it is. Returns LOWTIDE_HOST_OK or LOWTIDE_HOST_FAILED. */
  int32_t (*record_delivery)(void *context, lowtide_sink *error,
                             const lowtide_delivery_result *result);

  /* Hands a delivery over. May be called again with the same key and channel if the process ends
   * before the result is recorded. Returns LOWTIDE_HOST_SENT, LOWTIDE_HOST_REJECTED or
   * LOWTIDE_HOST_TRY_AGAIN; any other value counts as LOWTIDE_HOST_TRY_AGAIN. */
  int32_t (*deliver)(void *context, lowtide_sink *error, const lowtide_delivery *delivery);
} lowtide_host;

/* Puts one result into a sink. The item is copied whole, texts and arrays included, before the
 * function returns.
 * Out:     sink   the one that the callback received. Only on the callback's thread, and only until
 *          the callback returns.
 * In:      item   what the sink is for: a lowtide_account, lowtide_due_account or lowtide_delivery;
 *          a lowtide_text for `error`.
 * Returns: LOWTIDE_OK; NULL_ARGUMENT (sink), MISALIGNED (sink), SINK_CLOSED; then of the item:
 *          NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, SINK_FULL (beyond the limit; an account that was
 *          not requested or was put before; a second error), FLAGS, STRIDE, OUT_OF_MEMORY,
 *          whichever is found first. A wrong value in what is stored is none of these: the Monitor
 *          reports it. After an error of the item, load, due, pending and record_delivery count as
 *          failed, whatever they return: an incomplete result is not used. The results of commit
 *          and of deliver are used all the same.
 * Threads: the callback's. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_sink_put(lowtide_sink *sink, const void *item);

#define LOWTIDE_OPTIONS_JOINED 1u        /* the store writes within your own transaction: one
                                            attempt, and you handle a conflict */
#define LOWTIDE_OPTIONS_DELIVER_STOPS 2u /* stops are delivered too; without: only recorded */
#define LOWTIDE_OPTIONS_HAS_SKEW 4u      /* without: 86400 */
#define LOWTIDE_OPTIONS_HAS_ATTEMPTS 8u  /* without: 16 */
#define LOWTIDE_OPTIONS_HAS_CHANNELS 16u /* without: email, internal_message */
#define LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT 32u /* without: 256 */

typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* LOWTIDE_OPTIONS_... */
  int64_t skew;      /* seconds, 0 to 253402300799: an event later than now + skew is refused */
  uint32_t attempts; /* in all, on conflicts and unknown results, 1 or more */
  uint32_t accounts_per_commit; /* the most accounts in one call of load, commit or due, 1 or
                                   more */
  const lowtide_text *channels; /* may be NULL if there are none */
  size_t channel_count;
} lowtide_monitor_options;

/* Makes a Monitor. Host, options and channels are copied; what host->context points to must outlive
 * the Monitor.
 * Out:     monitor   to be freed with lowtide_monitor_destroy.
 * In:      host, options
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of the host: NULL_ARGUMENT
 *          (a callback), FLAGS; of the options: FLAGS, OUT_OF_RANGE (skew, attempts,
 *          accounts_per_commit); of the channels: NULL_ARGUMENT, MISALIGNED, STRIDE (the count, or
 *          a length), OUT_OF_RANGE (a channel is empty, has a control character or comes twice);
 *          then OUT_OF_MEMORY.
 * Threads: any. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_create(lowtide_monitor **monitor,
                                                  const lowtide_host *host,
                                                  const lowtide_monitor_options *options);

/* Frees a Monitor, and with it everything that its reports point to.
 * In:      monitor
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, BUSY (then it is not freed).
 * Threads: one, and no other call on this Monitor afterwards. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_destroy(lowtide_monitor *monitor);

/* What one event meant for one alert. Lies in arrays with a stride. */
typedef struct {
  uint32_t struct_size;
  int32_t why;   /* LOWTIDE_WHY_... */
  int32_t phase; /* afterwards, LOWTIDE_PHASE_... */
  uint32_t output_count;
  lowtide_text alert;
  lowtide_output outputs[2];
} lowtide_alert_decision;

#define LOWTIDE_EVENT_REPORT_STORED 1u /* something was stored; without: nothing had to be, as with
                                          a stale observation */

/* The result of one event. Its pointers are valid until the next call on the same Monitor that
 * writes a report, and until the Monitor is destroyed. A call that writes no report leaves them
 * valid. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;        /* LOWTIDE_EVENT_REPORT_... */
  lowtide_status status; /* LOWTIDE_OK; REFUSED, HOST_FAILURE, CONFLICT, UNKNOWN_RESULT */
  uint32_t reserved;
  lowtide_text error; /* names the account, or says "memory ran out"; empty with LOWTIDE_OK */
  const lowtide_alert_decision *decisions; /* in the order of the alerts' names; NULL if none */
  size_t decision_count;
  size_t decision_stride;
} lowtide_event_report;

/* Applies one event to an account: loads the account, decides, commits; after a conflict, all of it
 * again. lowtide_monitor_enable makes the alert if the account does not have it.
 * Out:     report   written with LOWTIDE_OK and with every status of `report.status`, which the
 *          function then returns.
 * In:      monitor, account, account_size, alert, alert_size, the event, now
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, STRIDE (the lengths), OVERLAP, BUSY,
 *          FLAGS, CODE (if_below, reserved), TIME_RANGE (now, and the event's), SEQUENCE_RANGE,
 *          OUT_OF_RANGE (the settings), OUT_OF_MEMORY (nothing was stored; call again); with a
 *          report: REFUSED (a name, an Available Credit out of range, an instant later than the
 *          skew allows, an alert that was never enabled), HOST_FAILURE, CONFLICT, UNKNOWN_RESULT
 *          (above all when others committed on top of what may have been stored). Once the store
 *          has committed, the event is reported in full, whatever fails afterwards.
 * Threads: one call at a time; give each worker a Monitor of its own. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_observe(lowtide_event_report *report,
                                                   lowtide_monitor *monitor, const char *account,
                                                   size_t account_size,
                                                   const lowtide_observation *observation,
                                                   int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_enable(lowtide_event_report *report,
                                                  lowtide_monitor *monitor, const char *account,
                                                  size_t account_size, const char *alert,
                                                  size_t alert_size, const lowtide_enable *enable,
                                                  int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_set_threshold(lowtide_event_report *report,
                                                         lowtide_monitor *monitor,
                                                         const char *account, size_t account_size,
                                                         const char *alert, size_t alert_size,
                                                         const lowtide_set_threshold *set_threshold,
                                                         int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_disable(lowtide_event_report *report,
                                                   lowtide_monitor *monitor, const char *account,
                                                   size_t account_size, const char *alert,
                                                   size_t alert_size, int64_t at, int64_t now);
/* sequence: 0 for none yet. */
LOWTIDE_API lowtide_status lowtide_monitor_rebase(lowtide_event_report *report,
                                                  lowtide_monitor *monitor, const char *account,
                                                  size_t account_size, int64_t sequence, int64_t at,
                                                  int64_t now);

/* Kinds of events. */
#define LOWTIDE_EVENT_OBSERVATION 1
#define LOWTIDE_EVENT_ENABLE 2
#define LOWTIDE_EVENT_SET_THRESHOLD 3
#define LOWTIDE_EVENT_DISABLE 4
#define LOWTIDE_EVENT_REBASE 5
#define LOWTIDE_EVENT_TICK 6 /* sends the account's reminders that are due at `at` or before */

/* An event of any kind, for one account. Fields that its kind does not use must be empty, NULL or
 * 0. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* none yet */
  int32_t kind;      /* LOWTIDE_EVENT_... */
  uint32_t reserved; /* 0 */
  lowtide_text account;
  lowtide_text alert;                         /* of ENABLE, SET_THRESHOLD and DISABLE: its name */
  const lowtide_observation *observation;     /* of OBSERVATION */
  const lowtide_enable *enable;               /* of ENABLE */
  const lowtide_set_threshold *set_threshold; /* of SET_THRESHOLD */
  int64_t at;                                 /* of DISABLE, REBASE and TICK */
  int64_t sequence;                           /* of REBASE; 0: none yet */
} lowtide_account_event;

/* Applies any number of events to any accounts, and writes a report for each. The events of one
 * account are decided in their order and committed together: all of them are stored, or none. An
 * event that is refused does not affect the others. The accounts are loaded and committed in the
 * order of their names' bytes, at most accounts_per_commit at a time. An account that fails does
 * not keep the others from being stored.
 * Out:     reports   `count` of them, `report_stride` apart; written with LOWTIDE_OK and
 *          LOWTIDE_INCOMPLETE.
 * In:      monitor.   events   `count` of them, `event_stride` apart.   now
 * Returns: LOWTIDE_OK (all reports say LOWTIDE_OK); NULL_ARGUMENT, MISALIGNED, STRIDE, STRUCT_SIZE,
 *          OVERLAP, BUSY, TIME_RANGE (now); of each event, one after the other: FLAGS, CODE (kind,
 *          reserved, a field that the kind does not use), NULL_ARGUMENT, STRIDE (the lengths),
 *          MISALIGNED, STRUCT_SIZE, OVERLAP; of what the event points to: FLAGS, CODE (if_below,
 *          reserved); then TIME_RANGE, SEQUENCE_RANGE, OUT_OF_RANGE (the settings); of the call:
 *          OUT_OF_MEMORY (nothing was stored), INCOMPLETE (not all reports say LOWTIDE_OK). What
 *          the store has committed is reported in full, whatever fails afterwards.
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_apply(lowtide_event_report *reports,
                                                 size_t report_stride, lowtide_monitor *monitor,
                                                 const lowtide_account_event *events,
                                                 size_t event_stride, size_t count, int64_t now);

/* What a tick did. Its pointers are valid as long as those of a lowtide_event_report. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* none yet */
  uint64_t accounts; /* that had a reminder due and were committed */
  uint64_t outputs;
  const lowtide_text *errors; /* each names its account, which held up no other; or says why the
                                 tick ended early */
  size_t error_count;
} lowtide_tick_report;

/* Decides and stores every reminder that is due at `now`. lowtide_monitor_tick_until is for a host
 * that replays the past: it decides at `at` the reminders that are due before `end`, or at it if
 * `inclusive` is 1.
 * Out:     report   written with LOWTIDE_OK and LOWTIDE_INCOMPLETE.
 * In:      monitor, now; at, end, inclusive (0 or 1)
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, BUSY, CODE (inclusive),
 *          TIME_RANGE, OUT_OF_MEMORY (nothing was stored), INCOMPLETE (there are errors).
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_tick(lowtide_tick_report *report,
                                                lowtide_monitor *monitor, int64_t now);
LOWTIDE_API lowtide_status lowtide_monitor_tick_until(lowtide_tick_report *report,
                                                      lowtide_monitor *monitor, int64_t at,
                                                      int64_t end, uint32_t inclusive);

/* What lowtide_monitor_deliver did. Its pointers are valid as long as those of a
 * lowtide_event_report. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  uint64_t sent;
  uint64_t failed;            /* for good */
  uint64_t postponed;         /* still pending */
  const lowtide_text *errors; /* as in lowtide_tick_report */
  size_t error_count;
} lowtide_delivery_report;

/* Hands over every pending delivery, and records the result of each before the next.
 * Out:     report   written with LOWTIDE_OK and LOWTIDE_INCOMPLETE.
 * In:      monitor, now
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP, BUSY, TIME_RANGE,
 *          OUT_OF_MEMORY (nothing was handed over), INCOMPLETE (there are errors).
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_deliver(lowtide_delivery_report *report,
                                                   lowtide_monitor *monitor, int64_t now);

#ifdef __cplusplus
}
#endif

#endif

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
#define LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT 32u /* without: 256 */

typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* LOWTIDE_OPTIONS_... */
  int64_t skew;      /* seconds, 0 to 253402300799: a change later than now + skew is refused */
  uint32_t attempts; /* in all, on conflicts and unknown results, 1 or more */
  uint32_t accounts_per_commit; /* the most that one commit may have, 1 or more */
  const lowtide_text *channels; /* may be NULL if there are none */
  size_t channel_count;
} lowtide_monitor_options;

/* Makes a Monitor. Host, options and channels are copied; what host->context points to must outlive it.
 * Out:     monitor   to be given to lowtide_monitor_destroy in the end.
 * In:      host, options
 * Returns: LOWTIDE_OK; NULL_ARGUMENT, MISALIGNED, STRUCT_SIZE, OVERLAP; of the host: NULL_ARGUMENT (a callback), FLAGS; of the options:
 *          FLAGS, OUT_OF_RANGE (skew, attempts, accounts_per_commit); of the channels: NULL_ARGUMENT, MISALIGNED, STRIDE (the count, or
 *          a length), OUT_OF_RANGE (one that is empty, has a control character or comes twice); then OUT_OF_MEMORY.
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

/* Kinds of events. */
#define LOWTIDE_EVENT_OBSERVATION 1
#define LOWTIDE_EVENT_ENABLE 2
#define LOWTIDE_EVENT_SET_THRESHOLD 3
#define LOWTIDE_EVENT_DISABLE 4
#define LOWTIDE_EVENT_REBASE 5
#define LOWTIDE_EVENT_TICK 6 /* sends the account's reminders that are due at `at` or before */

/* An event of any kind, for one account. Fields that its kind does not use are empty, NULL or 0. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags;    /* none yet */
  int32_t kind;      /* LOWTIDE_EVENT_... */
  uint32_t reserved; /* 0 */
  lowtide_text account;
  lowtide_text alert;                         /* of ENABLE, SET_THRESHOLD and DISABLE: a name */
  const lowtide_observation *observation;     /* of OBSERVATION */
  const lowtide_enable *enable;               /* of ENABLE */
  const lowtide_set_threshold *set_threshold; /* of SET_THRESHOLD */
  int64_t at;                                 /* of DISABLE, REBASE and TICK */
  int64_t sequence;                           /* of REBASE; 0: none yet */
} lowtide_account_event;

/* Applies any number of events to any accounts. Each event has its own report. The events of one
 * account are decided in their order and stored together: the store takes all of them or none. A
 * refused event does not keep the others from being stored.
 * Out:     reports   `count` of them, `report_stride` apart; written with LOWTIDE_OK and
 *          LOWTIDE_INCOMPLETE.
 * In:      monitor.   events   `count` of them, `event_stride` apart.   now
 * Returns: LOWTIDE_OK (all reports say LOWTIDE_OK); NULL_ARGUMENT, MISALIGNED, STRIDE, STRUCT_SIZE,
 *          OVERLAP, BUSY, TIME_RANGE (now); of each event, one after the other: FLAGS, CODE (kind,
 *          reserved, a field that the kind does not use), NULL_ARGUMENT, STRIDE (a name's length),
 *          MISALIGNED, STRUCT_SIZE, OVERLAP; of what its pointer points to: FLAGS, CODE (if_below,
 *          reserved), TIME_RANGE, SEQUENCE_RANGE, OUT_OF_RANGE (the settings); then OUT_OF_MEMORY
 *          (nothing was stored); INCOMPLETE (not all reports say LOWTIDE_OK). Whatever the store has
 *          committed is reported in full.
 * Threads: one call at a time. Since 0.1. */
LOWTIDE_API lowtide_status lowtide_monitor_apply(lowtide_event_report *reports, size_t report_stride,
                                                 lowtide_monitor *monitor,
                                                 const lowtide_account_event *events,
                                                 size_t event_stride, size_t count, int64_t now);

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

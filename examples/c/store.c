/* SPDX-License-Identifier: Apache-2.0 */
/* The store of the example, called by the Monitor through its callbacks. A real one is a database.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

static int copy_text(struct text* to, lowtide_text from) {
  if (from.size > sizeof to->data) return 0;
  if (from.size > 0) memcpy(to->data, from.data, from.size);
  to->size = from.size;
  return 1;
}

static lowtide_text view(const struct text* text) {
  lowtide_text view = {text->data, text->size};
  return view;
}

static int equal(const struct text* a, lowtide_text b) {
  return a->size == b.size && memcmp(a->data, b.data, b.size) == 0;
}

static int32_t put_error(lowtide_sink* error, const char* why) {
  lowtide_text text = {why, strlen(why)};
  lowtide_sink_put(error, &text);
  return LOWTIDE_HOST_FAILED;
}

static struct account_row* find(struct store* store, lowtide_text name) {
  size_t i;
  for (i = 0; i < store->account_count; ++i) {
    if (equal(&store->accounts[i].name, name)) return &store->accounts[i];
  }
  return NULL;
}

static struct account_row* find_or_add(struct store* store, lowtide_text name) {
  struct account_row* row = find(store, name);
  if (row != NULL || store->account_count == MAX_ACCOUNTS) return row;
  row = &store->accounts[store->account_count];
  memset(row, 0, sizeof *row);
  if (!copy_text(&row->name, name)) return NULL;
  ++store->account_count;
  return row;
}

int store_set_contact(struct store* store, const char* account, const char* contact) {
  lowtide_text name = {account, strlen(account)};
  lowtide_text text = {contact, strlen(contact)};
  struct account_row* row = find_or_add(store, name);
  return row != NULL && copy_text(&row->contact, text);
}

int32_t store_load(void* context, lowtide_sink* accounts, lowtide_sink* error,
                   const lowtide_text* names, size_t count) {
  struct store* store = context;
  size_t i, j;
  for (i = 0; i < count; ++i) {
    lowtide_stored_alert alerts[MAX_ALERTS] = {{0}};
    struct account_row* row = find(store, names[i]);
    lowtide_account account;
    if (row == NULL) continue; /* accounts that are not stored are not put */
    account = row->columns;
    account.struct_size = sizeof account;
    account.name = view(&row->name);
    account.contact = view(&row->contact);
    for (j = 0; j < row->alert_count; ++j) {
      alerts[j].struct_size = sizeof alerts[j];
      alerts[j].name = view(&row->alerts[j].name);
      alerts[j].state.data = row->alerts[j].state;
      alerts[j].state.size = row->alerts[j].state_size;
    }
    account.alerts = alerts;
    account.alert_count = row->alert_count;
    account.alert_stride = sizeof alerts[0];
    if (lowtide_sink_put(accounts, &account) != LOWTIDE_OK)
      return put_error(error, "an account was refused");
  }
  return LOWTIDE_HOST_OK;
}

/* Keys are unique: a notice whose key is stored already makes no new deliveries. */
static int has_key(const struct store* store, lowtide_text key) {
  size_t i;
  for (i = 0; i < store->delivery_count; ++i) {
    if (equal(&store->deliveries[i].key, key)) return 1;
  }
  return 0;
}

static void add_deliveries(struct store* store, const struct account_row* account,
                           const lowtide_notice* notice) {
  size_t i;
  if (has_key(store, notice->key)) return;
  for (i = 0; i < notice->channel_count; ++i) {
    struct delivery_row* row = &store->deliveries[store->delivery_count++];
    memset(row, 0, sizeof *row);
    copy_text(&row->key, notice->key);
    copy_text(&row->account, notice->account);
    copy_text(&row->alert, notice->alert);
    copy_text(&row->channel, notice->channels[i]);
    row->columns.cause = notice->cause;
    row->columns.contact = view(&account->contact);
    row->columns.output = notice->output;
    row->pending = 1;
  }
}

/* Whether there is room for all of a commit, which is stored whole or not at all. */
static int has_room(const struct store* store, const lowtide_commit* commit) {
  size_t i, deliveries = store->delivery_count;
  const char* notices = (const char*)commit->notices;
  for (i = 0; i < commit->notice_count; ++i) {
    deliveries +=
        ((const lowtide_notice*)(const void*)(notices + i * commit->notice_stride))->channel_count;
  }
  return commit->after->alert_count <= MAX_ALERTS && deliveries <= MAX_DELIVERIES;
}

static int32_t commit_one(struct store* store, const lowtide_commit* commit) {
  const lowtide_account* after = commit->after;
  struct account_row* row = find_or_add(store, after->name);
  const lowtide_text nothing = {NULL, 0};
  size_t i;
  if (row == NULL || !has_room(store, commit)) return LOWTIDE_HOST_NOT_STORED;
  /* Compare and swap: another worker may have committed in between. */
  if (row->columns.revision != after->revision - 1) return LOWTIDE_HOST_CONFLICT;
  row->columns = *after;
  /* Borrowed, and not needed here. */
  row->columns.language = row->columns.currency = nothing;
  row->alert_count = after->alert_count;
  for (i = 0; i < after->alert_count; ++i) {
    const char* alerts = (const char*)after->alerts;
    const lowtide_stored_alert* alert = (const void*)(alerts + i * after->alert_stride);
    copy_text(&row->alerts[i].name, alert->name);
    memcpy(row->alerts[i].state, alert->state.data, alert->state.size);
    row->alerts[i].state_size = alert->state.size;
    /* A database would write changed alerts only. Of the others the columns stay as they are. */
    if ((alert->flags & LOWTIDE_STORED_ALERT_CHANGED) != 0) {
      row->alerts[i].has_next_reminder_at =
          (alert->flags & LOWTIDE_STORED_ALERT_HAS_NEXT_REMINDER_AT) != 0;
      row->alerts[i].next_reminder_at = alert->next_reminder_at;
    }
  }
  for (i = 0; i < commit->notice_count; ++i) {
    const char* notices = (const char*)commit->notices;
    add_deliveries(store, row, (const void*)(notices + i * commit->notice_stride));
  }
  return LOWTIDE_HOST_COMMITTED;
}

int32_t store_commit(void* context, int32_t* results, lowtide_sink* error,
                     const lowtide_commit* commits, size_t count, size_t stride) {
  size_t i;
  (void)error;
  for (i = 0; i < count; ++i)
    results[i] = commit_one(context, (const void*)((const char*)commits + i * stride));
  return LOWTIDE_HOST_OK;
}

/* The account with the earliest due reminder behind (at, name), or NULL. */
static const struct account_row* next_due(const struct store* store, const lowtide_walk* walk,
                                          int64_t* at, lowtide_text* behind) {
  const struct account_row* first = NULL;
  int64_t first_at = 0;
  size_t i, j;
  for (i = 0; i < store->account_count; ++i) {
    const struct account_row* row = &store->accounts[i];
    for (j = 0; j < row->alert_count; ++j) {
      int64_t due = row->alerts[j].next_reminder_at;
      if (!row->alerts[j].has_next_reminder_at) continue;
      if (due > walk->end || (due == walk->end && (walk->flags & LOWTIDE_WALK_INCLUSIVE) == 0))
        continue;
      if (behind != NULL) {
        size_t common = row->name.size < behind->size ? row->name.size : behind->size;
        int order = memcmp(row->name.data, behind->data, common);
        if (due < *at ||
            (due == *at && (order < 0 || (order == 0 && row->name.size <= behind->size))))
          continue;
      }
      if (first == NULL || due < first_at) {
        first = row;
        first_at = due;
      }
    }
  }
  *at = first_at;
  return first;
}

int32_t store_due(void* context, lowtide_sink* accounts, lowtide_sink* error,
                  const lowtide_walk* walk) {
  int64_t at = walk->cursor_at;
  lowtide_text name = walk->cursor_text;
  lowtide_text* behind = (walk->flags & LOWTIDE_WALK_GOES_ON) != 0 ? &name : NULL;
  size_t i;
  for (i = 0; i < walk->limit; ++i) {
    lowtide_due_account due = {sizeof due, 0, {NULL, 0}, 0, {NULL, 0}};
    const struct account_row* row = next_due(context, walk, &at, behind);
    if (row == NULL) break;
    due.account = due.cursor_text = name = view(&row->name);
    due.cursor_at = at;
    behind = &name;
    if (lowtide_sink_put(accounts, &due) != LOWTIDE_OK)
      return put_error(error, "a due account was refused");
  }
  return LOWTIDE_HOST_OK;
}

int32_t store_pending(void* context, lowtide_sink* deliveries, lowtide_sink* error,
                      const lowtide_walk* walk) {
  const struct store* store = context;
  size_t given = 0;
  size_t i = (walk->flags & LOWTIDE_WALK_GOES_ON) != 0 ? (size_t)walk->cursor_at + 1 : 0;
  for (; i < store->delivery_count && given < walk->limit; ++i) {
    const struct delivery_row* row = &store->deliveries[i];
    lowtide_delivery delivery = row->columns;
    if (!row->pending) continue;
    delivery.struct_size = sizeof delivery;
    delivery.key = view(&row->key);
    delivery.account = view(&row->account);
    delivery.alert = view(&row->alert);
    delivery.channel = view(&row->channel);
    delivery.cursor_at = (int64_t)i;
    ++given;
    if (lowtide_sink_put(deliveries, &delivery) != LOWTIDE_OK)
      return put_error(error, "a delivery was refused");
  }
  return LOWTIDE_HOST_OK;
}

int32_t store_record_delivery(void* context, lowtide_sink* error,
                              const lowtide_delivery_result* result) {
  struct store* store = context;
  const lowtide_delivery* delivery = result->delivery;
  size_t i;
  for (i = 0; i < store->delivery_count; ++i) {
    struct delivery_row* row = &store->deliveries[i];
    if (row->pending && equal(&row->key, delivery->key) &&
        equal(&row->channel, delivery->channel)) {
      row->pending = 0;
      return LOWTIDE_HOST_OK;
    }
  }
  return put_error(error, "no such delivery is pending");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The player that scenarios.cpp drives. Keeps alerts in memory and decides through lowtide.h. */
#include "player.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json_lines.h"

enum { MOST_ALERTS = 64, NAME_ROOM = 256 };

struct name {
  char data[NAME_ROOM];
  size_t size;
};

/* Entries are in the order of (account, alert). An entry without an alert's name stands for the
 * account itself: its alert is off and takes every observation, so a new alert can start from it.
 * It comes first in its account, because the empty name does. */
struct entry {
  struct name account;
  struct name alert;
  lowtide_alert value;
};

struct player {
  int simulated;
  int explain;
  int has_clock;
  int64_t clock;
  struct entry entries[MOST_ALERTS];
  size_t count;
  struct json_lines lines;
  char (*keys)[LOWTIDE_KEY_SIZE + 1];
  size_t key_count;
};

struct player* player_new(int simulated, int explain) {
  struct player* player = calloc(1, sizeof *player);
  if (player == NULL) return NULL;
  player->simulated = simulated;
  player->explain = explain;
  return player;
}

void player_free(struct player* player) {
  free(player->lines.data);
  free(player->keys);
  free(player);
}

const char* player_output(const struct player* player, size_t* size) {
  *size = player->lines.size;
  return player->lines.size == 0 ? "" : player->lines.data;
}

size_t player_keys(const struct player* player) { return player->key_count; }

static void put_names(struct player* player, const struct entry* entry, int64_t at) {
  put(&player->lines, "{\"account\":", 11);
  put_string(&player->lines, entry->account.data, entry->account.size);
  put(&player->lines, ",\"alert\":", 9);
  put_string(&player->lines, entry->alert.data, entry->alert.size);
  put(&player->lines, ",\"at\":", 6);
  put_instant(&player->lines, at);
}

/* No two outputs share a key. */
static const char* remember_key(struct player* player, const struct entry* entry,
                                const lowtide_output* output) {
  char key[LOWTIDE_KEY_SIZE + 1];
  const char* field = "";
  void* grown;
  size_t size = 0, i;
  if (lowtide_output_key(&size, key, LOWTIDE_KEY_SIZE, &field, entry->account.data,
                         entry->account.size, entry->alert.data, entry->alert.size,
                         output) != LOWTIDE_OK) {
    return "an output has no key";
  }
  key[size] = '\0';
  for (i = 0; i < player->key_count; ++i) {
    if (strcmp(player->keys[i], key) == 0) return "two outputs share a key";
  }
  grown = realloc(player->keys, (player->key_count + 1) * sizeof *player->keys);
  if (grown == NULL) return "out of memory";
  player->keys = grown;
  memcpy(player->keys[player->key_count++], key, size + 1);
  return NULL;
}

static const char* write_decision(struct player* player, const struct entry* entry, int64_t at,
                                  const lowtide_decision* decision) {
  uint32_t i;
  if (player->explain) {
    const char *why = "", *phase = "";
    if (lowtide_why_name(&why, decision->why) != LOWTIDE_OK ||
        lowtide_phase_name(&phase, decision->phase) != LOWTIDE_OK)
      return "no name";
    put_names(player, entry, at);
    put_format(&player->lines, ",\"why\":\"%s\",\"phase\":\"%s\"}\n", why, phase);
  }
  for (i = 0; i < decision->output_count; ++i) {
    const lowtide_output* output = &decision->outputs[i];
    const char *kind = "", *reason = "", *wrong = remember_key(player, entry, output);
    if (wrong != NULL) return wrong;
    if (lowtide_output_kind_name(&kind, output->kind) != LOWTIDE_OK) return "no name";
    put_names(player, entry, output->at);
    put_format(&player->lines, ",\"output\":\"%s\",\"episode\":%" PRIu32, kind, output->episode);
    if (output->kind != LOWTIDE_OUTPUT_FIRE) {
      put(&player->lines, ",\"fired_at\":", 12);
      put_instant(&player->lines, output->fired_at);
    }
    if (output->kind == LOWTIDE_OUTPUT_REMIND) {
      put_format(&player->lines, ",\"reminder\":%" PRIu32 ",\"skipped\":%" PRIu32, output->reminder,
                 output->skipped);
    }
    if (output->kind == LOWTIDE_OUTPUT_STOP) {
      if (lowtide_stop_reason_name(&reason, output->stop_reason) != LOWTIDE_OK) return "no name";
      put_format(&player->lines, ",\"reason\":\"%s\",\"reminders_sent\":%" PRIu32, reason,
                 output->reminders_sent);
    }
    put_amount(&player->lines, "available_credit", &output->available_credit);
    put_amount(&player->lines, "threshold", &output->threshold);
    put(&player->lines, "}\n", 2);
  }
  return NULL;
}

static int compare(const struct name* a, const char* b, size_t b_size) {
  const size_t common = a->size < b_size ? a->size : b_size;
  const int order = memcmp(a->data, b, common);
  if (order != 0) return order;
  return a->size < b_size ? -1 : a->size > b_size;
}

/* The place of (account, alert), or where it would be. */
static size_t place(const struct player* player, lowtide_text account, lowtide_text alert,
                    int* there) {
  size_t i;
  *there = 0;
  for (i = 0; i < player->count; ++i) {
    const struct entry* entry = &player->entries[i];
    int order = compare(&entry->account, account.data, account.size);
    if (order == 0) order = compare(&entry->alert, alert.data, alert.size);
    if (order == 0) *there = 1;
    if (order >= 0) return i;
  }
  return i;
}

static struct entry* add(struct player* player, lowtide_text account, lowtide_text alert,
                         const lowtide_alert* value) {
  int there = 0;
  const size_t at = place(player, account, alert, &there);
  struct entry* entry = &player->entries[at];
  if (there) return entry;
  if (player->count == MOST_ALERTS || account.size >= NAME_ROOM || alert.size >= NAME_ROOM)
    return NULL;
  memmove(entry + 1, entry, (player->count - at) * sizeof *entry);
  ++player->count;
  memcpy(entry->account.data, account.data, account.size);
  entry->account.size = account.size;
  memcpy(entry->alert.data, alert.data, alert.size);
  entry->alert.size = alert.size;
  entry->value = *value;
  return entry;
}

/* The entry that stands for an account; made if it is not there. */
static struct entry* entry_of_account(struct player* player, lowtide_text account) {
  const lowtide_text nameless = {"", 0};
  lowtide_alert fresh;
  if (lowtide_alert_init(&fresh) != LOWTIDE_OK) return NULL;
  return add(player, account, nameless, &fresh);
}

/* Makes an alert that starts from what was last observed of its account. Goes through the fields of
 * an alert, so that these are tested too. */
static struct entry* entry_of_new_alert(struct player* player, lowtide_text account,
                                        lowtide_text alert) {
  const struct entry* bearer = entry_of_account(player, account);
  lowtide_alert_fields fields = {.struct_size = sizeof fields};
  lowtide_last_observed observed = {.struct_size = sizeof observed};
  lowtide_alert fresh;
  if (bearer == NULL || lowtide_alert_read(&fields, &bearer->value) != LOWTIDE_OK) return NULL;
  if ((fields.flags & LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT) != 0)
    observed.flags |= LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT;
  if ((fields.flags & LOWTIDE_FIELDS_HAS_SEQUENCE) != 0)
    observed.flags |= LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE;
  observed.available_credit = fields.available_credit;
  observed.sequence = fields.sequence;
  if (lowtide_alert_init_observed(&fresh, &observed) != LOWTIDE_OK) return NULL;
  return add(player, account, alert, &fresh);
}

/* Stores and loads an alert between two events, as a host would. */
static int store_and_load(lowtide_alert* alert) {
  uint8_t bytes[LOWTIDE_ALERT_BYTES];
  const char* field = "";
  size_t size = 0;
  return lowtide_alert_encode(&size, bytes, sizeof bytes, alert) == LOWTIDE_OK &&
         lowtide_alert_decode(alert, &field, bytes, size) == LOWTIDE_OK;
}

static const char* tick(struct player* player, struct entry* entry, int64_t at) {
  lowtide_decision decision = {.struct_size = sizeof decision};
  if (lowtide_alert_tick(&decision, &entry->value, &entry->value, at) != LOWTIDE_OK) return "tick";
  return write_decision(player, entry, at, &decision);
}

/* Ticks what is due before `until`, or at it if `including`: the earliest first, each at its
 * instant or at the clock, whichever is later. */
static const char* tick_until(struct player* player, int64_t until, int including) {
  for (;;) {
    struct entry* first = NULL;
    int64_t first_at = 0;
    const char* wrong;
    size_t i;
    for (i = 0; i < player->count; ++i) {
      uint32_t present = 0;
      int64_t due = 0;
      if (lowtide_alert_next_reminder_at(&present, &due, &player->entries[i].value) != LOWTIDE_OK)
        return "next reminder";
      if (present == 0 || due > until || (due == until && !including)) continue;
      if (due < player->clock) due = player->clock;
      if (first == NULL || due < first_at) {
        first = &player->entries[i];
        first_at = due;
      }
    }
    if (first == NULL) return NULL;
    wrong = tick(player, first, first_at);
    if (wrong != NULL) return wrong;
  }
}

static const char* apply_to_entry(struct player* player, struct entry* entry,
                                  const struct event* event) {
  lowtide_decision decision = {.struct_size = sizeof decision};
  if (event->type == EVENT_REBASE) {
    return lowtide_alert_rebase(&entry->value, &entry->value, event->sequence) == LOWTIDE_OK
               ? NULL
               : "rebase";
  }
  if (event->type == EVENT_TICK)
    return entry->alert.size == 0 ? NULL : tick(player, entry, event->at);
  if (lowtide_alert_observe(&decision, &entry->value, &entry->value, &event->observation) !=
      LOWTIDE_OK)
    return "observe";
  return entry->alert.size == 0 ? NULL : write_decision(player, entry, event->at, &decision);
}

static const char* apply_to_all(struct player* player, const struct event* event) {
  size_t i;
  if (event->type != EVENT_TICK && entry_of_account(player, event->account) == NULL)
    return "an account has no room";
  for (i = 0; i < player->count; ++i) {
    struct entry* entry = &player->entries[i];
    const char* wrong;
    if (event->account.size != 0 &&
        compare(&entry->account, event->account.data, event->account.size) != 0)
      continue;
    wrong = apply_to_entry(player, entry, event);
    if (wrong != NULL) return wrong;
    if (!store_and_load(&entry->value)) return "an alert was not stored";
  }
  return NULL;
}

static const char* apply_to_one(struct player* player, const struct event* event) {
  lowtide_decision decision = {.struct_size = sizeof decision};
  const char* field = "";
  lowtide_status status;
  struct entry* entry;
  int there = 0;
  const size_t at = place(player, event->account, event->alert, &there);
  if (!there && event->type != EVENT_ENABLE) return "an alert was never enabled";
  entry = there ? &player->entries[at] : entry_of_new_alert(player, event->account, event->alert);
  if (entry == NULL) return "an alert has no room";
  switch (event->type) {
    case EVENT_ENABLE:
      status =
          lowtide_alert_enable(&decision, &entry->value, &field, &entry->value, &event->enable);
      break;
    case EVENT_SET_THRESHOLD:
      status = lowtide_alert_set_threshold(&decision, &entry->value, &entry->value,
                                           &event->set_threshold);
      break;
    default:
      status = lowtide_alert_disable(&decision, &entry->value, &entry->value, event->at);
      break;
  }
  if (status != LOWTIDE_OK) return lowtide_status_name(status);
  return write_decision(player, entry, event->at, &decision);
}

const char* player_apply(struct player* player, const struct event* event) {
  const int64_t after = player->has_clock && player->clock > event->at ? player->clock : event->at;
  const char* wrong = NULL;
  if (player->has_clock && player->simulated) wrong = tick_until(player, after, 0);
  if (wrong != NULL) return wrong;
  player->has_clock = 1;
  player->clock = after;
  switch (event->type) {
    case EVENT_OBSERVATION:
    case EVENT_REBASE:
    case EVENT_TICK: return apply_to_all(player, event);
    default: return apply_to_one(player, event);
  }
}

const char* player_finish(struct player* player, int64_t until) {
  return player->has_clock && until >= player->clock ? tick_until(player, until, 1) : NULL;
}

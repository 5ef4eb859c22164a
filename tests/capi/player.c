/* SPDX-License-Identifier: Apache-2.0 */
#include "player.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ALERTS = 64, NAME_ROOM = 256 };

struct name {
  char data[NAME_ROOM];
  size_t size;
};

/* Alerts lie in the order of (account, alert), as they are visited. One without a name stands for
 * the account itself: it is off, takes every observation, and so knows what a new alert starts
 * from. It comes first, as the empty name does. */
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
  char* out;
  size_t out_size;
  size_t out_room;
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
  free(player->out);
  free(player->keys);
  free(player);
}

const char* player_output(const struct player* player, size_t* size) {
  *size = player->out_size;
  return player->out_size == 0 ? "" : player->out;
}

size_t player_keys(const struct player* player) { return player->key_count; }

static int reserve(struct player* player, size_t more) {
  char* grown;
  if (player->out_room - player->out_size >= more) return 1;
  player->out_room = 2 * player->out_room + more;
  grown = realloc(player->out, player->out_room);
  if (grown == NULL) return 0;
  player->out = grown;
  return 1;
}

static void put(struct player* player, const char* text, size_t size) {
  if (!reserve(player, size)) abort();
  memcpy(player->out + player->out_size, text, size);
  player->out_size += size;
}

static void print(struct player* player, const char* format, ...) {
  char text[512];
  int size;
  va_list arguments;
  va_start(arguments, format);
  size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (size < 0 || (size_t)size >= sizeof text) abort();
  put(player, text, (size_t)size);
}

/* Names have no control characters, so only these two are to be escaped. */
static void put_string(struct player* player, const char* text, size_t size) {
  size_t i;
  put(player, "\"", 1);
  for (i = 0; i < size; ++i) {
    if (text[i] == '"' || text[i] == '\\') put(player, "\\", 1);
    put(player, text + i, 1);
  }
  put(player, "\"", 1);
}

/* Seconds as YYYY-MM-DDTHH:MM:SSZ: the civil date of a day counted from 0000-03-01, where leap days
 * come last. */
static void put_instant(struct player* player, int64_t seconds) {
  const int64_t days = seconds / 86400 + 719468;
  const int64_t era = days / 146097, day_of_era = days % 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const int64_t second = seconds % 86400;
  print(player,
        "\"%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64 "Z\"",
        year, month, day, second / 3600, second / 60 % 60, second % 60);
}

static void put_amount(struct player* player, const char* name, const lowtide_amount* amount) {
  char text[LOWTIDE_AMOUNT_TEXT_SIZE];
  size_t size = 0;
  if (lowtide_amount_format(&size, text, sizeof text, amount) != LOWTIDE_OK) abort();
  print(player, ",\"%s\":\"%.*s\"", name, (int)size, text);
}

static void put_names(struct player* player, const struct entry* entry, int64_t at) {
  put(player, "{\"account\":", 11);
  put_string(player, entry->account.data, entry->account.size);
  put(player, ",\"alert\":", 9);
  put_string(player, entry->alert.data, entry->alert.size);
  put(player, ",\"at\":", 6);
  put_instant(player, at);
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

static const char* tell(struct player* player, const struct entry* entry, int64_t at,
                        const lowtide_decision* outcome) {
  uint32_t i;
  if (player->explain) {
    const char *why = "", *phase = "";
    if (lowtide_why_name(&why, outcome->why) != LOWTIDE_OK ||
        lowtide_phase_name(&phase, outcome->phase) != LOWTIDE_OK)
      return "no name";
    put_names(player, entry, at);
    print(player, ",\"why\":\"%s\",\"phase\":\"%s\"}\n", why, phase);
  }
  for (i = 0; i < outcome->output_count; ++i) {
    const lowtide_output* output = &outcome->outputs[i];
    const char *kind = "", *reason = "", *wrong = remember_key(player, entry, output);
    if (wrong != NULL) return wrong;
    if (lowtide_output_kind_name(&kind, output->kind) != LOWTIDE_OK) return "no name";
    put_names(player, entry, output->at);
    print(player, ",\"output\":\"%s\",\"episode\":%" PRIu32, kind, output->episode);
    if (output->kind != LOWTIDE_OUTPUT_FIRE) {
      put(player, ",\"fired_at\":", 12);
      put_instant(player, output->fired_at);
    }
    if (output->kind == LOWTIDE_OUTPUT_REMIND) {
      print(player, ",\"reminder\":%" PRIu32 ",\"skipped\":%" PRIu32, output->reminder,
            output->skipped);
    }
    if (output->kind == LOWTIDE_OUTPUT_STOP) {
      if (lowtide_stop_reason_name(&reason, output->stop_reason) != LOWTIDE_OK) return "no name";
      print(player, ",\"reason\":\"%s\",\"reminders_sent\":%" PRIu32, reason,
            output->reminders_sent);
    }
    put_amount(player, "available_credit", &output->available_credit);
    put_amount(player, "threshold", &output->threshold);
    put(player, "}\n", 2);
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

/* The alert without a name that stands for an account. */
static struct entry* know(struct player* player, lowtide_text account) {
  const lowtide_text nameless = {"", 0};
  lowtide_alert fresh;
  if (lowtide_alert_init(&fresh) != LOWTIDE_OK) return NULL;
  return add(player, account, nameless, &fresh);
}

/* A new alert starts from what its account was last seen with. Half the point is that this goes
 * through fields and back. */
static struct entry* know_alert(struct player* player, lowtide_text account, lowtide_text alert) {
  const struct entry* bearer = know(player, account);
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

/* Alerts are stored between any two events, as a host would. */
static int store_and_load(lowtide_alert* alert) {
  uint8_t bytes[LOWTIDE_ALERT_BYTES];
  const char* field = "";
  size_t size = 0;
  return lowtide_alert_encode(&size, bytes, sizeof bytes, alert) == LOWTIDE_OK &&
         lowtide_alert_decode(alert, &field, bytes, size) == LOWTIDE_OK;
}

static const char* tick(struct player* player, struct entry* entry, int64_t at) {
  lowtide_decision outcome = {.struct_size = sizeof outcome};
  if (lowtide_alert_tick(&outcome, &entry->value, &entry->value, at) != LOWTIDE_OK) return "tick";
  return tell(player, entry, at, &outcome);
}

/* Ticks whatever falls due before `until`, or at it: the earliest first, each at its instant or at
 * the clock, whichever is later. */
static const char* play(struct player* player, int64_t until, int including) {
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

static const char* visit(struct player* player, struct entry* entry, const struct event* event) {
  lowtide_decision outcome = {.struct_size = sizeof outcome};
  if (event->type == EVENT_REBASE) {
    return lowtide_alert_rebase(&entry->value, &entry->value, event->sequence) == LOWTIDE_OK
               ? NULL
               : "rebase";
  }
  if (event->type == EVENT_TICK)
    return entry->alert.size == 0 ? NULL : tick(player, entry, event->at);
  if (lowtide_alert_observe(&outcome, &entry->value, &entry->value, &event->change) != LOWTIDE_OK)
    return "observe";
  return entry->alert.size == 0 ? NULL : tell(player, entry, event->at, &outcome);
}

static const char* apply_to_all(struct player* player, const struct event* event) {
  size_t i;
  if (event->type != EVENT_TICK && know(player, event->account) == NULL)
    return "an account has no room";
  for (i = 0; i < player->count; ++i) {
    struct entry* entry = &player->entries[i];
    const char* wrong;
    if (event->account.size != 0 &&
        compare(&entry->account, event->account.data, event->account.size) != 0)
      continue;
    wrong = visit(player, entry, event);
    if (wrong != NULL) return wrong;
    if (!store_and_load(&entry->value)) return "an alert was not stored";
  }
  return NULL;
}

static const char* apply_to_one(struct player* player, const struct event* event) {
  lowtide_decision outcome = {.struct_size = sizeof outcome};
  const char* field = "";
  lowtide_status status;
  struct entry* entry;
  int there = 0;
  const size_t at = place(player, event->account, event->alert, &there);
  if (!there && event->type != EVENT_ENABLE) return "an alert was never enabled";
  entry = there ? &player->entries[at] : know_alert(player, event->account, event->alert);
  if (entry == NULL) return "an alert has no room";
  switch (event->type) {
    case EVENT_ENABLE:
      status = lowtide_alert_enable(&outcome, &entry->value, &field, &entry->value, &event->enable);
      break;
    case EVENT_SET_THRESHOLD:
      status = lowtide_alert_set_threshold(&outcome, &entry->value, &entry->value,
                                           &event->set_threshold);
      break;
    default:
      status = lowtide_alert_disable(&outcome, &entry->value, &entry->value, event->at);
      break;
  }
  if (status != LOWTIDE_OK) return lowtide_status_name(status);
  return tell(player, entry, event->at, &outcome);
}

const char* player_apply(struct player* player, const struct event* event) {
  const int64_t after = player->has_clock && player->clock > event->at ? player->clock : event->at;
  const char* wrong = NULL;
  if (player->has_clock && player->simulated) wrong = play(player, after, 0);
  if (wrong != NULL) return wrong;
  player->has_clock = 1;
  player->clock = after;
  switch (event->type) {
    case EVENT_BALANCE:
    case EVENT_REBASE:
    case EVENT_TICK: return apply_to_all(player, event);
    default: return apply_to_one(player, event);
  }
}

const char* player_finish(struct player* player, int64_t until) {
  return player->has_clock && until >= player->clock ? play(player, until, 1) : NULL;
}

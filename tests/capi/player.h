/* SPDX-License-Identifier: Apache-2.0 */
/* Plays events through lowtide.h alone, and writes decisions and outputs as lowtide-replay does. */
#ifndef PLAYER_H
#define PLAYER_H

#include <stddef.h>
#include <stdint.h>

#include <lowtide.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  EVENT_OBSERVATION,
  EVENT_ENABLE,
  EVENT_SET_THRESHOLD,
  EVENT_DISABLE,
  EVENT_REBASE,
  EVENT_TICK
};

/* One line of a scenario. Fields that its type does not have are not read. */
struct event {
  int type;
  int64_t at;
  lowtide_text account; /* empty: a tick of all */
  lowtide_text alert;
  int64_t sequence; /* of a rebase */
  lowtide_observation observation;
  lowtide_enable enable;
  lowtide_set_threshold set_threshold;
};

struct player;

struct player* player_new(int simulated, int explain);
void player_free(struct player* player);

/* Each returns NULL, or what went wrong. */
const char* player_apply(struct player* player, const struct event* event);
const char* player_finish(struct player* player, int64_t until);

/* What was written so far, and how many outputs with different keys it has. */
const char* player_output(const struct player* player, size_t* size);
size_t player_keys(const struct player* player);

#ifdef __cplusplus
}
#endif

#endif

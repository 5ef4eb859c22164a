/* SPDX-License-Identifier: Apache-2.0 */
/* A store in memory, in place of the four tables of a database. Sizes are fixed to keep the example
 * short. */
#ifndef STORE_H
#define STORE_H

#include <lowtide.h>

enum { MAX_ACCOUNTS = 16, MAX_ALERTS = 4, MAX_DELIVERIES = 64, MAX_CHANNELS = 4 };

struct text {
  char data[LOWTIDE_KEY_SIZE];
  size_t size;
};

struct alert_row {
  struct text name;
  uint8_t state[LOWTIDE_ALERT_BYTES];
  size_t state_size;
  int has_next_reminder_at; /* a column, so that a query can find what is due */
  int64_t next_reminder_at;
};

struct account_row {
  lowtide_account columns; /* texts and alerts are set when it is loaded */
  struct text name;
  struct text contact;
  struct alert_row alerts[MAX_ALERTS];
  size_t alert_count;
};

struct delivery_row {
  lowtide_delivery columns;
  struct text key;
  struct text account;
  struct text alert;
  struct text channel;
  int pending;
};

struct store {
  struct account_row accounts[MAX_ACCOUNTS];
  size_t account_count;
  struct delivery_row deliveries[MAX_DELIVERIES];
  size_t delivery_count;
};

/* Sets the contact of an account, which need not be stored yet. Returns 0 if there is no room. */
int store_set_contact(struct store* store, const char* account, const char* contact);

/* The callbacks of a lowtide_host whose context is a store. */
int32_t store_load(void* context, lowtide_sink* accounts, lowtide_sink* error,
                   const lowtide_text* names, size_t count);
int32_t store_commit(void* context, int32_t* results, lowtide_sink* error,
                     const lowtide_commit* commits, size_t count, size_t stride);
int32_t store_due(void* context, lowtide_sink* accounts, lowtide_sink* error,
                  const lowtide_walk* walk);
int32_t store_pending(void* context, lowtide_sink* deliveries, lowtide_sink* error,
                      const lowtide_walk* walk);
int32_t store_record_delivery(void* context, lowtide_sink* error,
                              const lowtide_delivery_result* result);

#endif

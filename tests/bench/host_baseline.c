// SPDX-License-Identifier: Apache-2.0
/* The reference for ingest: one prepared UPDATE of the account's row for each event, committed in
 * batches, and nothing else. host_bench.py runs it.
 *
 *     host_baseline DATABASE EVENTS BATCH
 *
 * DATABASE must be filled by lowtide-host, so that schema, rows and indexes are the same.
 */
#define _POSIX_C_SOURCE 200809L
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3* database;

static void must(int status, int wanted) {
  if (status == wanted) return;
  fprintf(stderr, "host_baseline: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static void run(const char* sql) { must(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK); }

int main(int argc, char** argv) {
  if (argc != 4) {
    fputs("usage: host_baseline DATABASE EVENTS BATCH\n", stderr);
    return 2;
  }
  const long events = atol(argv[2]);
  const long batch = atol(argv[3]);
  must(sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  run("PRAGMA journal_mode = WAL");
  run("PRAGMA synchronous = FULL");
  run("PRAGMA foreign_keys = ON");

  size_t count = 0;
  size_t room = 0;
  char** names = NULL;
  sqlite3_stmt* select = NULL;
  must(sqlite3_prepare_v2(database, "SELECT name FROM accounts", -1, &select, NULL), SQLITE_OK);
  while (sqlite3_step(select) == SQLITE_ROW) {
    if (count == room) {
      room = room == 0 ? 1024 : room * 2;
      names = realloc(names, room * sizeof *names);
      if (names == NULL) return 1;
    }
    names[count] = strdup((const char*)sqlite3_column_text(select, 0));
    if (names[count] == NULL) return 1;
    ++count;
  }
  sqlite3_finalize(select);
  if (count == 0) {
    fputs("host_baseline: no accounts\n", stderr);
    return 1;
  }

  sqlite3_stmt* update = NULL;
  must(sqlite3_prepare_v2(database,
                          "UPDATE accounts SET revision = revision + 1, available_credit = ?1, "
                          "sequence = ?2, cash_balance = ?3, credit_limit = ?4, "
                          "credit_refunds = ?5, unsettled_current_month = ?6, "
                          "unsettled_previous_months = ?7 WHERE name = ?8",
                          -1, &update, NULL),
       SQLITE_OK);
  uint64_t random = 20260301;
  for (long i = 0; i < events; ++i) {
    if (i % batch == 0) run("BEGIN IMMEDIATE");
    random = random * 6364136223846793005U + 1442695040888963407U;
    char credit[40];
    snprintf(credit, sizeof credit, "%ld.%09ld", 1000 + i % 9000, i % 1000000000);
    sqlite3_bind_text(update, 1, credit, -1, SQLITE_STATIC);
    sqlite3_bind_int64(update, 2, 1000000 + i);
    sqlite3_bind_text(update, 3, credit, -1, SQLITE_STATIC);
    for (int column = 4; column <= 7; ++column)
      sqlite3_bind_text(update, column, "1250.75", -1, SQLITE_STATIC);
    sqlite3_bind_text(update, 8, names[(random >> 33) % count], -1, SQLITE_STATIC);
    must(sqlite3_step(update), SQLITE_DONE);
    sqlite3_reset(update);
    if (i % batch == batch - 1 || i == events - 1) run("COMMIT");
  }
  sqlite3_finalize(update);
  must(sqlite3_close(database), SQLITE_OK);
  return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A complete small host in C: a store in memory, a courier that prints, and a Monitor that calls
 * both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lowtide.h>

#include "store.h"

enum { DAY = 86400 };
static const int64_t START = 1772352000; /* 2026-03-01T08:00:00Z */

static void require(lowtide_status status, const char* what) {
  if (status == LOWTIDE_OK) return;
  fprintf(stderr, "%s: %s: %s\n", what, lowtide_status_name(status),
          lowtide_status_sentence(status));
  exit(1);
}

static void print_amount(const char* label, const lowtide_amount* amount) {
  char text[LOWTIDE_AMOUNT_TEXT_SIZE];
  size_t size = 0;
  require(lowtide_amount_format(&size, text, sizeof text, amount), "an amount");
  printf(" %s %.*s", label, (int)size, text);
}

/* The courier. Functions on amounts and outputs may be called inside a callback; those of the
 * Monitor may not. */
static int32_t print_delivery(void* context, lowtide_sink* error,
                              const lowtide_delivery* delivery) {
  const lowtide_output* output = &delivery->output;
  const char* kind = "";
  (void)context;
  if (delivery->contact.size == 0) {
    static const char why[] = "the account has no contact";
    lowtide_text text = {why, sizeof why - 1};
    lowtide_sink_put(error, &text);
    return LOWTIDE_HOST_REJECTED;
  }
  if (lowtide_output_kind_name(&kind, output->kind) != LOWTIDE_OK) return LOWTIDE_HOST_REJECTED;
  printf("  %.*s to %.*s: %s", (int)delivery->channel.size, delivery->channel.data,
         (int)delivery->contact.size, delivery->contact.data, kind);
  if (output->kind == LOWTIDE_OUTPUT_REMIND) printf(" %u", (unsigned)output->reminder);
  print_amount("available_credit", &output->available_credit);
  print_amount("threshold", &output->threshold);
  printf("\n    %.*s\n", (int)delivery->key.size, delivery->key.data);
  return LOWTIDE_HOST_SENT;
}

static void observe(lowtide_monitor* monitor, const char* account, const char* credit, int64_t at,
                    int64_t sequence) {
  lowtide_event_report report = {.struct_size = sizeof report};
  lowtide_observation observation = {
      .struct_size = sizeof observation,
      .flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT | LOWTIDE_OBSERVATION_HAS_SEQUENCE,
      .at = at,
      .sequence = sequence};
  size_t i;
  require(lowtide_amount_parse(&observation.available_credit, credit, strlen(credit)), credit);
  require(lowtide_monitor_observe(&report, monitor, account, strlen(account), &observation, at),
          "observe");
  for (i = 0; i < report.decision_count; ++i) {
    const lowtide_alert_decision* decision =
        (const void*)((const char*)report.decisions + i * report.decision_stride);
    const char* sentence = "";
    require(lowtide_why_sentence(&sentence, decision->why), "why");
    printf("%s at %s: %s\n", account, credit, sentence);
  }
}

static void deliver(lowtide_monitor* monitor, int64_t now) {
  lowtide_delivery_report report = {.struct_size = sizeof report};
  const lowtide_status status = lowtide_monitor_deliver(&report, monitor, now);
  size_t i;
  if (status != LOWTIDE_INCOMPLETE) require(status, "deliver");
  for (i = 0; i < report.error_count; ++i)
    printf("  %.*s\n", (int)report.errors[i].size, report.errors[i].data);
}

/* Several events in one call: an alert for each of two accounts. */
static void enable_both(lowtide_monitor* monitor) {
  static const char* const accounts[] = {"acme", "umbra"};
  static const char* const thresholds[] = {"1000", "50"};
  lowtide_enable enables[2] = {{0}};
  lowtide_account_event events[2] = {{0}};
  lowtide_event_report reports[2] = {{0}};
  size_t i;
  for (i = 0; i < 2; ++i) {
    enables[i].struct_size = sizeof enables[i];
    enables[i].at = START;
    require(lowtide_amount_parse(&enables[i].threshold, thresholds[i], strlen(thresholds[i])),
            thresholds[i]);
    events[i].struct_size = sizeof events[i];
    events[i].kind = LOWTIDE_EVENT_ENABLE;
    events[i].account.data = accounts[i];
    events[i].account.size = strlen(accounts[i]);
    events[i].alert.data = LOWTIDE_DEFAULT_ALERT_NAME;
    events[i].alert.size = strlen(LOWTIDE_DEFAULT_ALERT_NAME);
    events[i].enable = &enables[i];
    reports[i].struct_size = sizeof reports[i];
  }
  require(lowtide_monitor_apply(reports, sizeof reports[0], monitor, events, sizeof events[0], 2,
                                START),
          "apply");
}

int main(void) {
  struct store* store = calloc(1, sizeof *store);
  lowtide_monitor* monitor = NULL;
  lowtide_host host = {.struct_size = sizeof host,
                       .load = store_load,
                       .commit = store_commit,
                       .due = store_due,
                       .pending = store_pending,
                       .record_delivery = store_record_delivery,
                       .deliver = print_delivery};
  lowtide_monitor_options options = {.struct_size = sizeof options};
  int day;
  if (store == NULL) return 1;
  host.context = store;
  if (!store_set_contact(store, "acme", "ops@acme.example")) return 1;
  require(lowtide_monitor_create(&monitor, &host, &options), "create");

  enable_both(monitor);
  observe(monitor, "acme", "1200", START, 1);
  observe(monitor, "acme", "999.99", START + DAY, 2);
  observe(monitor, "acme", "999.99", START + DAY, 2); /* a queue delivered it twice */
  observe(monitor, "umbra", "49.999999999999999999", START + DAY, 1);
  deliver(monitor, START + DAY);
  for (day = 2; day <= 4; ++day) {
    lowtide_tick_report ticked = {.struct_size = sizeof ticked};
    require(lowtide_monitor_tick(&ticked, monitor, START + day * DAY), "tick");
    printf("day %d, outputs: %d\n", day, (int)ticked.outputs);
    deliver(monitor, START + day * DAY);
    if (day == 3) observe(monitor, "acme", "5000", START + day * DAY + 60, 3);
  }
  require(lowtide_monitor_destroy(monitor), "destroy");
  free(store);
  return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A user's program in C: one observation, and what it means. */
#include <stdio.h>
#include <string.h>

#include <lowtide.h>

int main(void) {
  lowtide_alert alert;
  lowtide_decision decision = {.struct_size = sizeof decision};
  lowtide_enable enable = {.struct_size = sizeof enable, .at = 1772352000};
  lowtide_observation observation = {.struct_size = sizeof observation,
                                     .flags = LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT,
                                     .at = 1772452800};
  const char *field = "", *why = "";
  char key[LOWTIDE_KEY_SIZE];
  size_t size = 0;
  if (lowtide_alert_init(&alert) != LOWTIDE_OK) return 1;
  if (lowtide_amount_parse(&enable.threshold, "1000", 4) != LOWTIDE_OK) return 1;
  if (lowtide_amount_parse(&observation.available_credit, "900.5", 5) != LOWTIDE_OK) return 1;
  if (lowtide_alert_enable(&decision, &alert, &field, &alert, &enable) != LOWTIDE_OK) return 1;
  if (lowtide_alert_observe(&decision, &alert, &alert, &observation) != LOWTIDE_OK) return 1;
  if (lowtide_why_name(&why, decision.why) != LOWTIDE_OK || decision.output_count != 1) return 1;
  if (lowtide_output_key(&size, key, sizeof key, &field, "acme", 4, LOWTIDE_DEFAULT_ALERT_NAME,
                         strlen(LOWTIDE_DEFAULT_ALERT_NAME), &decision.outputs[0]) != LOWTIDE_OK) {
    return 1;
  }
  printf("lowtide %s\nwhy %s\nkey %.*s\n", lowtide_version(), why, (int)size, key);
  return 0;
}

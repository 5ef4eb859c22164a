/* SPDX-License-Identifier: Apache-2.0 */
/* Writes lines of JSON into memory, for player.c. */
#include "json_lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reserve(struct json_lines* lines, size_t more) {
  char* grown;
  if (lines->room - lines->size >= more) return 1;
  lines->room = 2 * lines->room + more;
  grown = realloc(lines->data, lines->room);
  if (grown == NULL) return 0;
  lines->data = grown;
  return 1;
}

void put(struct json_lines* lines, const char* text, size_t size) {
  if (!reserve(lines, size)) abort();
  memcpy(lines->data + lines->size, text, size);
  lines->size += size;
}

void put_format(struct json_lines* lines, const char* format, ...) {
  char text[512];
  int size;
  va_list arguments;
  va_start(arguments, format);
  size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (size < 0 || (size_t)size >= sizeof text) abort();
  put(lines, text, (size_t)size);
}

/* Names have no control characters, so only these two are to be escaped. */
void put_string(struct json_lines* lines, const char* text, size_t size) {
  size_t i;
  put(lines, "\"", 1);
  for (i = 0; i < size; ++i) {
    if (text[i] == '"' || text[i] == '\\') put(lines, "\\", 1);
    put(lines, text + i, 1);
  }
  put(lines, "\"", 1);
}

/* Seconds as YYYY-MM-DDTHH:MM:SSZ: the civil date of a day counted from 0000-03-01, where leap days
 * come last. */
void put_instant(struct json_lines* lines, int64_t seconds) {
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
  put_format(lines,
             "\"%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64
             "Z\"",
             year, month, day, second / 3600, second / 60 % 60, second % 60);
}

void put_amount(struct json_lines* lines, const char* name, const lowtide_amount* amount) {
  char text[LOWTIDE_AMOUNT_TEXT_SIZE];
  size_t size = 0;
  if (lowtide_amount_format(&size, text, sizeof text, amount) != LOWTIDE_OK) abort();
  put_format(lines, ",\"%s\":\"%.*s\"", name, (int)size, text);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Private to player.c. Text that grows; it aborts if memory runs out. Free `data` in the end. */
#ifndef JSON_LINES_H
#define JSON_LINES_H

#include <stddef.h>
#include <stdint.h>

#include <lowtide.h>

struct json_lines {
  char* data;
  size_t size;
  size_t room;
};

void put(struct json_lines* lines, const char* text, size_t size);
void put_format(struct json_lines* lines, const char* format, ...);
void put_string(struct json_lines* lines, const char* text, size_t size);
void put_instant(struct json_lines* lines, int64_t seconds);
/* With the name of the field, after a comma. */
void put_amount(struct json_lines* lines, const char* name, const lowtide_amount* amount);

#endif

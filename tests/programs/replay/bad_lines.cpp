// SPDX-License-Identifier: Apache-2.0
// lowtide-replay with each line of scenarios/bad-lines.tsv: the message, and that the line changes
// nothing.
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "process.hpp"

namespace {

// For each line of scenarios/bad-lines.tsv, a part of the message: field, rule and offending text.
const std::map<std::string, std::string> fragments = {
    {"amount as a JSON number", "balance.cash_balance: must be a JSON string: 12.5\n"},
    {"comma", "balance.cash_balance: is not a decimal number such as 1200.50: \"12,5\"\n"},
    {"blank", "balance.cash_balance: is not a decimal number such as 1200.50: \" 12\"\n"},
    {"empty amount", "balance.cash_balance: is not a decimal number such as 1200.50: \"\"\n"},
    {"NaN", "balance.cash_balance: is not a decimal number such as 1200.50: \"NaN\"\n"},
    {"hexadecimal", "balance.cash_balance: is not a decimal number such as 1200.50: \"0x10\"\n"},
    {"no digit before the point",
     "balance.cash_balance: is not a decimal number such as 1200.50: \".5\"\n"},
    {"no digit after the point",
     "balance.cash_balance: is not a decimal number such as 1200.50: \"5.\"\n"},
    {"two signs", "balance.cash_balance: is not a decimal number such as 1200.50: \"--1\"\n"},
    {"full-width digit",
     "balance.cash_balance: is not a decimal number such as 1200.50: \"\xEF\xBC\x91\"\n"},
    {"nineteenth place",
     "balance.cash_balance: has a digit other than 0 beyond the 18th decimal place: "
     "\"0.0000000000000000001\"\n"},
    {"out of range",
     "-170141183460469231731.687303715884105728 to 170141183460469231731.687303715884105727: "
     "\"17014118346046923"},
    {"absurd exponent",
     "to 170141183460469231731.687303715884105727: \"1e999999999999999999999\"\n"},
    {"result out of range",
     "balance: the Available Credit is outside -170141183460469231731.687303715884105728 to 17"},
    {"unknown component", "balance.cash: is not a known key: \"cash\":\"1\""},
    {"unknown field", "currency: is not a known key: \"currency\":\"USD\""},
    {"duplicate key", "balance.cash_balance: is given twice: \"cash_balance\":\"2\""},
    {"missing instant", "at: is missing: {\"type\":\"balance\""},
    {"impossible date", "at: is not a valid date and time: \"2026-02-30T00:00:00Z\"\n"},
    {"instant without zone",
     "at: is not an instant of the form 2026-03-01T08:00:00Z: \"2026-03-01T00:00:00\"\n"},
    {"sequence zero", "sequence: must be from 1 to 9223372036854775807: 0\n"},
    {"sequence negative", "sequence: must be from 1 to 9223372036854775807: -1\n"},
    {"sequence fractional",
     "sequence: must be a JSON integer from 1 (0 in a rebase) to 9223372036854775807: 1.5\n"},
    {"empty account", "account: must have 1 to 255 bytes: \"\"\n"},
    {"negative threshold", "threshold: must be 0 or more: \"-1\"\n"},
    {"enable without threshold", "threshold: is missing: {\"type\":\"enable\""},
    {"count too large", "reminders.count: must be from 0 to 255: {\"count\":256}"},
    {"impossible time of day",
     "reminders.at: is not a time of day from 00:00 to 23:59: \"24:00\"\n"},
    {"impossible offset",
     "reminders.utc_offset: is not an offset from -23:59 to +23:59: \"+25:00\"\n"},
    {"unknown type",
     "type: is not one of balance, enable, set_threshold, disable, rebase, tick: \"bill\"\n"},
    {"not an object", "the line is not a JSON object: [\"type\",\"tick\"]\n"},
    {"cut short", "a string is not closed: {\"type\":\"tick\",\"at\":\"2026-03-01T00:0\n"},
    {"trailing text",
     "the line is not valid JSON: {\"type\":\"tick\",\"at\":\"2026-03-01T00:00:00Z\"} x\n"},
    {"no JSON", "the line is not a JSON object: tick\n"},
    {"a component left out",
     "balance.unsettled_previous_months: is missing: {\"cash_balance\":\"50\""},
    {"both forms", "available_credit: must not be given together with balance: "},
    {"neither form", "balance: is missing, and so is available_credit: {\"type\":\"balance\""},
    {"an alert never enabled", "alert: was never enabled on the account \"a\": \"low_balanc\"\n"},
    {"control character in a name",
     "account: must not contain a control character: \"a\\u0007\"\n"},
    {"unknown if_below", "if_below: is neither next_change nor recovery_first: \"never\"\n"},
    {"sequence beyond 63 bits",
     "sequence: must be a JSON integer from 1 (0 in a rebase) to 9223372036854775807: "
     "9223372036854775808\n"},
    {"rebase without a sequence", "sequence: is missing: {\"type\":\"rebase\""},
    {"before 1970",
     "at: must be from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z: \"1969-12-31T23:59:59Z\"\n"},
};

// Events before and after the bad line: an account that is low and has reminders left, then a
// recovery and another fall. Some instants after it are earlier than those of the bad lines, so
// applying a bad line would move the clock and change the outputs.
constexpr const char* before =
    "{\"type\":\"enable\",\"account\":\"a\",\"at\":\"2026-02-25T00:00:00Z\",\"threshold\":\"100\"}"
    "\n"
    "{\"type\":\"balance\",\"account\":\"a\",\"at\":\"2026-02-26T08:00:00Z\",\"sequence\":1,"
    "\"available_credit\":\"50\"}\n";
constexpr const char* after =
    "{\"type\":\"tick\",\"at\":\"2026-02-26T07:00:00Z\"}\n"
    "{\"type\":\"balance\",\"account\":\"a\",\"at\":\"2026-02-27T07:00:00Z\",\"sequence\":2,"
    "\"available_credit\":\"60\"}\n"
    "{\"type\":\"balance\",\"account\":\"a\",\"at\":\"2026-03-02T09:00:00Z\",\"sequence\":3,"
    "\"available_credit\":\"100\"}\n"
    "{\"type\":\"balance\",\"account\":\"a\",\"at\":\"2026-03-02T10:00:00Z\",\"available_credit\":"
    "\"99\"}\n";

}  // namespace

TEST_CASE("replay: a bad line is refused with a message and changes nothing") {
  std::uint64_t count = 0;
  const Run without =
      replay({"--explain", "--until", "2026-03-20T00:00:00Z"}, std::string(before) + after);
  const Run first_half = replay({"--explain"}, before);
  REQUIRE(without.status == 0);
  for (const std::string& row : split_lines(read_file("scenarios/bad-lines.tsv"))) {
    if (row.starts_with('#')) continue;
    const std::string what = row.substr(0, row.find('\t'));
    const std::string line = row.substr(row.find('\t') + 1);
    CAPTURE(what);
    REQUIRE_MESSAGE(fragments.count(what) == 1, "this line has no entry in the table of messages");
    const std::string& fragment = fragments.at(what);

    const Run alone = replay({"--until", "2026-03-20T00:00:00Z"}, line + "\n");
    CHECK(alone.status == 1);
    CHECK(alone.out.empty());
    CHECK_MESSAGE(alone.err.starts_with("-:1: "), alone.err);
    CHECK_MESSAGE(alone.err.find(fragment) != std::string::npos, alone.err);

    const std::string whole = std::string(before) + line + "\n" + after;
    const Run stopped = replay({"--explain", "--until", "2026-03-20T00:00:00Z"}, whole);
    CHECK(stopped.status == 1);
    CHECK(stopped.out == first_half.out);
    CHECK_MESSAGE(stopped.err.starts_with("-:3: "), stopped.err);
    CHECK_MESSAGE(stopped.err.find(fragment) != std::string::npos, stopped.err);

    const Run skipped =
        replay({"--explain", "--keep-going", "--until", "2026-03-20T00:00:00Z"}, whole);
    CHECK(skipped.status == 1);
    CHECK(skipped.out == without.out);
    CHECK_MESSAGE(skipped.err.find(fragment) != std::string::npos, skipped.err);
    ++count;
  }
  CHECK(count == fragments.size());
  exercised("bad lines", count, "lines, each three times", 40);
}

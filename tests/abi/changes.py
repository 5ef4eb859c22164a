# SPDX-License-Identifier: Apache-2.0
"""Changes of the C headers that gate.py makes in a copy, to see that it notices each.

Each has a name and pairs of texts: one that occurs in a header, and what replaces it there.
"""

from __future__ import annotations

Changes = dict[str, list[tuple[str, str]]]

# Programs that were built before would break.
CHANGED: Changes = {
    "a function is gone": [
        (
            (
                "LOWTIDE_API lowtide_status lowtide_alert_check(const char **field, const "
                "lowtide_alert *alert);\n"
            ),
            "",
        ),
    ],
    "a function has another name": [
        ("lowtide_alert_check(", "lowtide_alert_verify("),
    ],
    "a parameter more": [
        (
            "lowtide_alert_init(lowtide_alert *alert)",
            "lowtide_alert_init(lowtide_alert *alert, uint32_t flags)",
        ),
    ],
    "a parameter of another type": [
        (
            "lowtide_why_name(const char **name, int32_t why)",
            "lowtide_why_name(const char **name, int64_t why)",
        ),
    ],
    "an input becomes an output": [
        (
            "lowtide_alert_check(const char **field, const lowtide_alert",
            "lowtide_alert_check(const char **field, lowtide_alert",
        ),
    ],
    "a status of 64 bits": [
        ("typedef int32_t lowtide_status;", "typedef int64_t lowtide_status;"),
    ],
    "a status without a sign": [
        ("typedef int32_t lowtide_status;", "typedef uint32_t lowtide_status;"),
    ],
    "a field in the middle": [
        ("  lowtide_amount credit_limit;\n", "  lowtide_amount credit_limit;\n  int64_t more;\n"),
    ],
    "a field is gone": [
        ("  size_t decision_stride;\n} lowtide_event_report;", "} lowtide_event_report;"),
    ],
    "a field of another size": [
        ("uint32_t episode;        /* 1 or more */", "uint64_t episode;"),
    ],
    "a field without its sign": [
        ("int64_t recorded_at; /* now */", "uint64_t recorded_at;"),
    ],
    "a field has another name": [
        (
            "  size_t decision_stride;\n} lowtide_event_report;",
            "  size_t stride;\n} lowtide_event_report;",
        ),
    ],
    "two fields of one type change places": [
        ("int64_t at;              /*", "int64_t swapped;  /*"),
        ("int64_t fired_at;        /*", "int64_t at; /*"),
        ("int64_t swapped;", "int64_t fired_at;"),
    ],
    "a field at the end, and another changed": [
        (
            "  size_t decision_count;\n  size_t decision_stride;\n} lowtide_event_report;",
            (
                "  int64_t decision_count;\n  size_t decision_stride;\n  size_t more;\n"
                "} lowtide_event_report;"
            ),
        ),
    ],
    "a field at the end of a struct that never grows": [
        (
            "  uint32_t reserved;       /* 0 */\n} lowtide_output;",
            "  uint32_t reserved;\n  uint64_t more;\n} lowtide_output;",
        ),
    ],
    "an amount of 192 bits": [
        (
            "  int64_t high;\n} lowtide_amount;",
            "  int64_t high;\n  int64_t highest;\n} lowtide_amount;",
        ),
    ],
    "an alert of 72 bytes": [
        ("uint64_t opaque[8];", "uint64_t opaque[9];"),
    ],
    "an enumeration instead of a number": [
        (
            "typedef struct {\n  uint64_t opaque[8];",
            (
                "typedef enum { LOWTIDE_A, LOWTIDE_B } lowtide_phase;\ntypedef struct {\n"
                "  uint64_t opaque[8];"
            ),
        ),
        ("int32_t phase; /* afterwards, LOWTIDE_PHASE_... */", "lowtide_phase phase;"),
    ],
    "a callback that takes less": [
        (
            (
                "lowtide_sink *accounts, lowtide_sink *error,\n"
                "                 const lowtide_walk *walk);"
            ),
            "lowtide_sink *accounts, const lowtide_walk *walk);",
        ),
    ],
    "two callbacks change places": [
        ("int32_t (*due)", "int32_t (*swapped)"),
        ("int32_t (*pending)", "int32_t (*due)"),
        ("int32_t (*swapped)", "int32_t (*pending)"),
    ],
    "a field in the middle of what is put into a sink": [
        (
            "  int64_t cursor_at;\n  lowtide_text cursor_text;\n} lowtide_due_account;",
            "  lowtide_text cursor_text;\n  int64_t cursor_at;\n} lowtide_due_account;",
        ),
    ],
    "another handle": [
        ("lowtide_monitor_destroy(lowtide_monitor *", "lowtide_monitor_destroy(lowtide_sink *"),
    ],
    "a constant of another value": [
        ("#define LOWTIDE_WHY_OVERDUE 8 ", "#define LOWTIDE_WHY_OVERDUE 9 "),
    ],
    "a constant is gone": [
        ("#define LOWTIDE_STOP_DISABLED 5 ", "#define LOWTIDE_STOPPED 5 "),
    ],
    "a shorter key": [
        ("#define LOWTIDE_KEY_SIZE 1576u", "#define LOWTIDE_KEY_SIZE 1024u"),
    ],
}
# Programs that were built before go on.
APPENDED: Changes = {
    "a function": [
        (
            "\n#ifdef __cplusplus\n}",
            (
                "\nLOWTIDE_API lowtide_status lowtide_more(lowtide_alert *alert);\n\n"
                "#ifdef __cplusplus\n}"
            ),
        ),
    ],
    "a function with a struct of its own": [
        (
            "\n#ifdef __cplusplus\n}",
            (
                "\ntypedef struct {\n  uint32_t struct_size;\n} lowtide_mores;\n"
                "LOWTIDE_API lowtide_status lowtide_more(lowtide_mores *more);\n\n"
                "#ifdef __cplusplus\n}"
            ),
        ),
    ],
    "a field at the end of an output": [
        (
            "  size_t decision_stride;\n} lowtide_event_report;",
            "  size_t decision_stride;\n  size_t more;\n} lowtide_event_report;",
        ),
    ],
    "a field at the end of an input": [
        (
            "  lowtide_amount available_credit;\n} lowtide_observation;",
            "  lowtide_amount available_credit;\n  lowtide_amount more;\n} lowtide_observation;",
        ),
    ],
    "a field at the end of what is put into a sink": [
        (
            "  lowtide_text cursor_text;\n} lowtide_due_account;",
            "  lowtide_text cursor_text;\n  int64_t more;\n} lowtide_due_account;",
        ),
    ],
    "a callback": [
        ("\n} lowtide_host;", "\n  int32_t (*more)(void *context);\n} lowtide_host;"),
    ],
    "a constant": [
        (
            "#define LOWTIDE_WHY_DISABLED 23\n",
            "#define LOWTIDE_WHY_DISABLED 23\n#define LOWTIDE_WHY_MORE 24\n",
        ),
    ],
}
# The interface stays the same.
NOTHING: Changes = {
    "the headers as they are": [],
    "a parameter of another name": [
        ("lowtide_alert_init(lowtide_alert *alert)", "lowtide_alert_init(lowtide_alert *fresh)"),
    ],
    "a comment": [
        ("/* now */", "/* the present */"),
    ],
}

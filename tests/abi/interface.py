#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what is generated from the C headers to them, and sees that no change of a header or of a
generated file passes unnoticed.

usage: tests/abi/interface.py

It changes copies of the headers in many ways. Of each change `generate.py --check` must say what
changed, in the words that are written here, or refuse it as something no binding could take.
"""

import contextlib
import io
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "interface"))
import generate  # noqa: E402

INCLUDE = pathlib.PurePath("include")

# Each change is a list of edits, pairs of a text and what replaces it, and what must be said of it.
BALANCE = "  lowtide_amount credit_limit;"
CHECK = "lowtide_alert_check(const char **field, const lowtide_alert *alert);"
REBASE = (
    "lowtide_alert_rebase(lowtide_alert *after, const lowtide_alert *before,\n"
    "                                                int64_t sequence);"
)
INIT = "lowtide_alert_init(lowtide_alert *alert);"
NOTICED = {
    "a field is inserted": (
        [(BALANCE, f"  lowtide_amount more;\n{BALANCE}")],
        "structs: lowtide_balance.fields: more is new",
    ),
    "a field is gone": (
        [(BALANCE, "")],
        "structs: lowtide_balance.fields: credit_limit is gone",
    ),
    "a field moves the next one": (
        [("  uint32_t episode; ", "  uint64_t episode; ")],
        "structs: lowtide_output.fields: stop_reason.offset: was 60, is 64",
    ),
    "two fields change places": (
        [
            ("  int64_t fired_at;        /* of the episode */\n", ""),
            ("  uint32_t episode;        /*", "  int64_t fired_at;\n  uint32_t episode; /*"),
            ("  int64_t at;              /* the instant of the event */\n", ""),
            ("  uint32_t episode; /*", "  int64_t at;\n  uint32_t episode; /*"),
        ],
        "structs: lowtide_output.fields: in another order: at, fired_at",
    ),
    "a field loses its sign": (
        [("  int64_t sequence; /* 1 to", "  uint64_t sequence; /* 1 to")],
        'lowtide_last_observed.fields: sequence.type: was "int64_t", is "uint64_t"',
    ),
    "an array is longer": (
        [("uint64_t opaque[8];", "uint64_t opaque[9];")],
        "structs: lowtide_alert.fields: opaque.length: was 8, is 9",
    ),
    "a pointer is no longer const": (
        [("const lowtide_text *channels; /* may", "lowtide_text *channels; /* may")],
        'channels.type: was "const lowtide_text *", is "lowtide_text *"',
    ),
    "a callback takes more": (
        [
            (
                "lowtide_sink *error, const lowtide_delivery *delivery);",
                "lowtide_sink *error, const lowtide_delivery *delivery, int64_t now);",
            )
        ],
        "structs: lowtide_host.fields: deliver.callback.arguments: now is new",
    ),
    "a struct may no longer grow": (
        [("/* How far a batch came. */", "/* How far a batch came. Never grows. */")],
        "structs: lowtide_batch_report.grows: was true, is false",
    ),
    "a constant has another value": (
        [("#define LOWTIDE_WHY_OVERDUE 8 ", "#define LOWTIDE_WHY_OVERDUE 80 ")],
        "constants: LOWTIDE_WHY_OVERDUE.value: was 8, is 80",
    ),
    "a constant loses its suffix": (
        [("LOWTIDE_NAME_SIZE 255u", "LOWTIDE_NAME_SIZE 255")],
        'constants: LOWTIDE_NAME_SIZE.suffix: was "u", is ""',
    ),
    "a constant is another text": (
        [('"low_balance"\n', '"low-balance"\n')],
        'constants: LOWTIDE_DEFAULT_ALERT_NAME.value: was "low_balance", is "low-balance"',
    ),
    "a constant is gone": (
        [("#define LOWTIDE_WHY_DISABLED 23\n", "")],
        "constants: LOWTIDE_WHY_DISABLED is gone",
    ),
    "a status is new": (
        [
            (
                "#define LOWTIDE_NULL_ARGUMENT 101",
                "#define LOWTIDE_MORE 199\n#define LOWTIDE_NULL_ARGUMENT 101",
            )
        ],
        "constants: LOWTIDE_MORE is new",
    ),
    "an argument is swapped": (
        [
            (
                REBASE,
                REBASE.replace(
                    "lowtide_alert *after, const lowtide_alert *before",
                    "const lowtide_alert *before, lowtide_alert *after",
                ),
            )
        ],
        "functions: lowtide_alert_rebase.arguments: in another order: after, before",
    ),
    "an argument has another type": (
        [(REBASE, REBASE.replace("int64_t", "int32_t"))],
        'lowtide_alert_rebase.arguments: sequence.type: was "int64_t", is "int32_t"',
    ),
    "an argument has another name": (
        [(REBASE, REBASE.replace("int64_t sequence", "int64_t last"))],
        "functions: lowtide_alert_rebase.arguments: last is new",
    ),
    "a function returns something else": (
        [("LOWTIDE_API uint32_t lowtide_abi_version", "LOWTIDE_API uint64_t lowtide_abi_version")],
        'functions: lowtide_abi_version.result: was "uint32_t", is "uint64_t"',
    ),
    "a function is new": (
        [
            (
                f"LOWTIDE_API lowtide_status {INIT}",
                f"LOWTIDE_API lowtide_status {INIT}\n"
                "LOWTIDE_API lowtide_status lowtide_alert_more(lowtide_alert *alert);",
            )
        ],
        "functions: lowtide_alert_more is new",
    ),
    "a function is gone": (
        [(f"LOWTIDE_API lowtide_status {CHECK}", "")],
        "functions: lowtide_alert_check is gone",
    ),
    "the type of statuses": (
        [("typedef int32_t lowtide_status;", "typedef int64_t lowtide_status;")],
        'types: lowtide_status.type: was "int32_t", is "int64_t"',
    ),
    "an opaque type": (
        [
            (
                "typedef struct lowtide_sink lowtide_sink;",
                "typedef struct {\n  uint64_t opaque[2];\n} lowtide_sink;",
            )
        ],
        "opaque_types: lowtide_sink is gone",
    ),
    "the statuses change places": (
        [("OVERLAP, OVERFLOW, INEXACT,", "OVERLAP, INEXACT, OVERFLOW,")],
        "functions: lowtide_amount_parse.statuses: was",
    ),
    "an output becomes an input": (
        [(" * Out:     report.   batch->results.   columns", " * Out:     report.   columns")],
        'lowtide_batch_read.arguments: batch.direction: was "in-out", is "in"',
    ),
    "a later version": (
        [
            (
                "Threads: one, and no other call on this Monitor afterwards. Since 0.1.",
                "Threads: one, and no other call on this Monitor afterwards. Since 0.2.",
            )
        ],
        'functions: lowtide_monitor_destroy.since: was "0.1", is "0.2"',
    ),
    "a sentence of a function": (
        [("/* Compares two amounts.", "/* Orders two amounts.")],
        "+ sentence at lowtide_amount_compare in lowtide.h: Orders two amounts.",
    ),
    "a sentence of a field": (
        [("/* such as an e-mail address */", "/* an e-mail address */")],
        "+ sentence at lowtide_account.contact in lowtide_monitor.h: an e-mail address",
    ),
    "a sentence of a constant": (
        [("/* a pointer is NULL */", "/* a pointer is null */")],
        "+ sentence at LOWTIDE_NULL_ARGUMENT in lowtide.h: a pointer is null",
    ),
    "a comment moves to another field": (
        [
            (
                "  int32_t count;            /* reminders per episode, 0 to 255 */\n"
                "  int32_t time_of_day;      /* local",
                "  int32_t count;\n  /* reminders per episode, 0 to 255 */\n"
                "  int32_t time_of_day;      /* local",
            )
        ],
        "+ sentence at lowtide_enable.time_of_day in lowtide.h: reminders per episode",
    ),
    "the sample": (
        [('"999.99", 6)', '"999.98", 6)')],
        "sample: was",
    ),
    "only the layout": (
        [("typedef int32_t lowtide_status;", "typedef  int32_t  lowtide_status;")],
        "headers: lowtide.h.sha256: was",
    ),
}
REFUSED = {
    "an enum": (
        [("/* ---- Amounts ---- */", "typedef enum { LOWTIDE_A } lowtide_kind;\n")],
        "is ENUM_DECL",
    ),
    "a union": (
        [("typedef struct {\n  uint64_t opaque[8];", "typedef union {\n  uint64_t opaque[8];")],
        "is UNION_DECL",
    ),
    "a bit field": ([("uint8_t reserved;     /* 0 */", "uint8_t reserved : 8;")], "is a bit field"),
    "a variadic function": ([(INIT, INIT.replace(")", ", ...)"))], "is variadic"),
    "an argument without a name": (
        [(INIT, "lowtide_alert_init(lowtide_alert *);")],
        "has an argument without a name",
    ),
    "an int": ([("int32_t phase);", "int phase);")], "phase is of the type int"),
    "a char": ([("int32_t phase);", "char phase);")], "phase is of the type char"),
    "three stars": (
        [("lowtide_monitor **monitor", "lowtide_monitor ***monitor")],
        "is of the type",
    ),
    "a macro with arguments": (
        [("#define LOWTIDE_VERSION 100", "#define LOWTIDE_VERSION(x) 100")],
        "takes arguments",
    ),
    "a macro that is computed": (
        [("#define LOWTIDE_VERSION 100", "#define LOWTIDE_VERSION (99 + 1)")],
        "is no number and no text",
    ),
    "a macro of another name": (
        [("#define LOWTIDE_VERSION 100", "#define VERSION 100")],
        "does not begin with LOWTIDE_",
    ),
    "a pointer in another style": ([(INIT, INIT.replace(" *", "* "))], "not written as"),
    "a comment of C++": ([("/* ---- Amounts ---- */", "// Amounts")], "a comment of C++"),
    "a comment behind the last field": (
        [("  int64_t high;\n}", "  int64_t high;\n  /* high */\n}")],
        "a comment behind the last field",
    ),
    "a function without a contract": (
        [("/* ---- Keys ---- */", "LOWTIDE_API lowtide_status lowtide_more(int64_t at);\n")],
        "lowtide_more has no contract",
    ),
    "an output that Out does not name": (
        [(INIT, "lowtide_alert_init(lowtide_alert *alert, int64_t *at);")],
        "Out does not name at",
    ),
    "a status that does not exist": (
        [("OVERLAP, OVERFLOW, INEXACT,", "OVERLAP, OVERFLOW, INEXACTLY,")],
        "Returns names LOWTIDE_INEXACTLY",
    ),
    "what does not compile": (
        [(INIT, "lowtide_alert_init(lowtide_alerts *alert);")],
        "unknown type",
    ),
}
# Of the generated files: the file, the edit, and what must be said.
GENERATED = {
    "a constant of Python's": (
        "abi.py",
        ("WHY_STALE = 1\n", "WHY_STALE = 24\n"),
        "+WHY_STALE = 1",
    ),
    "a field of Python's": (
        "monitor_abi.py",
        ('("cause", c_int64)', '("cause", c_int32)'),
        '+        ("cause", c_int64),',
    ),
    "a prototype of Python's": (
        "batch_abi.py",
        (
            "(c_int32, POINTER(BatchReport), POINTER(Batch), c_int64)",
            "(c_int32, POINTER(Batch), c_int64)",
        ),
        '+    "lowtide_batch_tick"',
    ),
    "a number in the description": (
        "interface.json",
        (
            '"name": "LOWTIDE_KEY_SIZE", "header": "lowtide.h", "group": null, "value": 1576',
            '"name": "LOWTIDE_KEY_SIZE", "header": "lowtide.h", "group": null, "value": 1577',
        ),
        "constants: LOWTIDE_KEY_SIZE.value: was 1577, is 1576",
    ),
    "the form of the description": (
        "interface.json",
        ('"types": [', '"types":  ['),
        '+  "types": [',
    ),
    "a description that is cut short": ("interface.json", ('  "functions": [', "["), "+"),
}


def fail(why):
    sys.exit(f"failed: {why}")


def check(root):
    """The exit status of the check of a copy, and what it prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = generate.main(["--check", "--root", str(root)])
    return status, output.getvalue()


def edited(path, old, new):
    text = path.read_text(encoding="utf-8")
    if old not in text:
        return False
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return True


def must_say(name, root, said):
    status, output = check(root)
    if status == 0 or said not in output:
        fail(f"planted: {name}: not said: {said}\n{output}")
    print(f"ok: planted: {name}")


def copy(folder):
    """A copy of the headers and of what is generated from them."""
    root = pathlib.Path(folder)
    shutil.rmtree(root)
    for path in (INCLUDE, generate.PYTHON):
        shutil.copytree(ROOT / path, root / path)
    shutil.copy(ROOT / generate.JSON, root / generate.JSON)
    return root


def check_headers(kind, table, folder):
    for name, (edits, said) in table.items():
        root = copy(folder)
        for old, new in edits:
            headers = sorted((root / INCLUDE).glob("lowtide*.h"))
            if not any(edited(path, old, new) for path in headers):
                fail(f"planted: {name}: no header has {old!r}")
        must_say(name, root, said)
    print(f"exercised: changes of the C headers that are {kind}: {len(table)} changes")


def check_generated(folder):
    for name, (file, (old, new), said) in GENERATED.items():
        root = copy(folder)
        path = next(path for path in root.rglob(file))
        if not edited(path, old, new):
            fail(f"planted: {name}: {file} has no {old!r}")
        must_say(name, root, said)
    print(f"exercised: changes of generated files that are noticed: {len(GENERATED)} changes")


def main():
    status, output = check(ROOT)
    print(output, end="")
    if status:
        sys.exit(status)
    with tempfile.TemporaryDirectory() as folder:
        check_headers("noticed", NOTICED, folder)
        check_headers("refused", REFUSED, folder)
        check_generated(folder)
        pathlib.Path(folder).mkdir(exist_ok=True)


main()

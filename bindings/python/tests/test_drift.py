# SPDX-License-Identifier: Apache-2.0
"""C header, C++ and Python agree. A compiled program prints the values of the first two.

A name that one of them lacks is a failure.
"""

from __future__ import annotations

import ctypes
import os
import pathlib
import re
import subprocess
from typing import Any, Dict, List, Tuple, Type

import pytest
from header import Function, Header
from scale import Exercised

import lowtide
from lowtide import errors
from lowtide._ffi import abi, batch_abi, library, monitor_abi

# For each enum of C++: its prefix in the C header, its Python class, and its C++ header.
ENUMS = {
    "Phase": ("alert.hpp", "PHASE_", lowtide.Phase),
    "StopReason": ("alert.hpp", "STOP_", lowtide.StopReason),
    "IfBelow": ("decide.hpp", "IF_BELOW_", lowtide.IfBelow),
    "Why": ("decide.hpp", "WHY_", lowtide.Why),
    "OutputKind": ("decide.hpp", "OUTPUT_", lowtide.OutputKind),
}
# Constants of the C header that C++ has under another name.
CPP = {
    "LOWTIDE_AMOUNT_TEXT_SIZE": "lowtide::Amount::text_size",
    "LOWTIDE_ALERT_BYTES": "lowtide::EncodedAlert::max_size",
    "LOWTIDE_NAME_SIZE": "lowtide::max_name_size",
    "LOWTIDE_KEY_SIZE": "lowtide::max_key_size",
    "LOWTIDE_DEFAULT_ALERT_NAME": "lowtide::default_alert_name",
    "LOWTIDE_COLUMN_ONE_FOR_ALL": "lowtide::Column<lowtide::Amount>::one_for_all",
    "LOWTIDE_ALERT_COLUMN_HAS_AVAILABLE_CREDIT": "lowtide::AlertColumns::has_available_credit",
    "LOWTIDE_ALERT_COLUMN_HAS_SEQUENCE": "lowtide::AlertColumns::has_sequence",
    "LOWTIDE_ALERT_COLUMN_HAS_FIRED_AT": "lowtide::AlertColumns::has_fired_at",
    "LOWTIDE_ALERT_COLUMN_HAS_NEXT_REMINDER_AT": "lowtide::AlertColumns::has_next_reminder_at",
}
# Structs of the C header that have the bytes of a C++ class.
SAME = {"lowtide_amount": "Amount", "lowtide_alert": "Alert", "lowtide_batch_result": "BatchResult"}
MODULES = (abi, batch_abi, monitor_abi)
Callback: Any = ctypes.CFUNCTYPE(None).__mro__[1]
PLAIN: Dict[str, Any] = {
    "int32_t": ctypes.c_int32,
    "lowtide_status": ctypes.c_int32,
    "uint8_t": ctypes.c_uint8,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
}


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def struct_of(name: str) -> Type[ctypes.Structure]:
    """The ctypes structure of a C struct. lowtide_text and lowtide_bytes share one."""
    known = "Text" if name == "lowtide_bytes" else camel(name.replace("lowtide_", "", 1))
    found: Type[ctypes.Structure] = next(
        getattr(module, known) for module in MODULES if hasattr(module, known)
    )
    return found


def python_structs() -> set[str]:
    return {
        name
        for module in MODULES
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, ctypes.Structure)
    }


@pytest.fixture(scope="module")
def header(root: pathlib.Path) -> Header:
    return Header(root)


def enumerators(root: pathlib.Path, name: str, file: str) -> List[str]:
    text = re.sub(
        r"//[^\n]*", "", (root / "include" / "lowtide" / file).read_text(encoding="utf-8")
    )
    body = re.search(rf"enum class {name} : std::uint8_t \{{(.*?)\}};", text, re.DOTALL)
    assert body, name
    return re.findall(r"(\w+) = \d+", body[1])


@pytest.fixture(scope="module")
def compiled(
    root: pathlib.Path, header: Header, tmp_path_factory: pytest.TempPathFactory
) -> Dict[str, str]:
    """The values of constants, structs and enums as a compiled program prints them, by name."""
    lines = [
        "#include <lowtide.h>",
        *(
            f"#include <lowtide/{file}>"
            for file in (
                "alert.hpp",
                "amount.hpp",
                "batch.hpp",
                "decide.hpp",
                "key.hpp",
                "name.hpp",
            )
        ),
    ]
    lines += [
        "#include <cstddef>",
        "#include <iostream>",
        "#include <type_traits>",
        "template <class T> char kind() {",
    ]
    lines += [
        "  if constexpr (std::is_function_v<std::remove_pointer_t<T>>) return 'f';",
        "  else if constexpr (std::is_pointer_v<T>) return 'p';",
    ]
    lines += [
        "  else if constexpr (std::is_integral_v<T>) return std::is_signed_v<T> ? 'i' : 'u';",
        "  else return 's';",
        "}",
        "int main() {",
    ]
    say = "std::cout << \"{}\" << '\\t' << {} << '\\n';".format
    lines += [say(name, name) for name in header.constants]
    lines += [say("C++ " + name, cpp) for name, cpp in CPP.items()]
    lines += [
        say(f"{name}::{one}", f"static_cast<int>(lowtide::{name}::{one})")
        for name, (file, _, _) in ENUMS.items()
        for one in enumerators(root, name, file)
    ]
    lines += [say("C++ " + name, f"sizeof(lowtide::{cpp})") for name, cpp in SAME.items()]
    for struct, members in header.structs.items():
        lines.append(say(struct, f"sizeof({struct}) << ' ' << alignof({struct})"))
        for member in members:
            it = f"{struct}::{member.name}"
            kind = f"kind<std::remove_all_extents_t<decltype({it})>>()"
            lines.append(
                say(
                    it, f"offsetof({struct}, {member.name}) << ' ' << sizeof({it}) << ' ' << {kind}"
                )
            )
    work = tmp_path_factory.mktemp("drift")
    (work / "print.cpp").write_text("\n".join([*lines, "}", ""]), encoding="utf-8")
    compiler = os.environ.get("CXX", "g++")
    subprocess.run(
        [compiler, "-std=c++20", f"-I{root / 'include'}", "-o", work / "print", work / "print.cpp"],
        check=True,
    )
    out = subprocess.run([work / "print"], check=True, capture_output=True, text=True).stdout
    return dict(line.split("\t") for line in out.splitlines())


def test_constants_are_those_of_the_header(
    header: Header, compiled: Dict[str, str], exercised: Exercised
) -> None:
    python = {
        name: one
        for module in MODULES
        for name, one in vars(module).items()
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", name)
    }
    del python["PROTOTYPES"], python["POINTER"], python["CFUNCTYPE"]  # not constants
    assert {f"LOWTIDE_{name}" for name in python} == set(header.constants)
    for name in header.constants:
        assert str(python[name.replace("LOWTIDE_", "", 1)]) == compiled[name], name
    exercised("constants of lowtide.h", len(header.constants), "constants", 119)


def test_constants_are_those_of_cpp(compiled: Dict[str, str]) -> None:
    for name in CPP:
        assert compiled["C++ " + name] == compiled[name]
    for name in SAME:
        assert compiled["C++ " + name] == compiled[name].split()[0]


def test_codes_are_the_same_in_header_cpp_and_python(
    root: pathlib.Path, header: Header, compiled: Dict[str, str], exercised: Exercised
) -> None:
    count = 0
    for name, (file, prefix, python) in ENUMS.items():
        ours = {one.name: one.value for one in python}
        assert ours == {
            one.upper(): int(compiled[f"{name}::{one}"]) for one in enumerators(root, name, file)
        }
        pattern = re.compile(f"LOWTIDE_{prefix}([A-Z_]+)$")
        matches = [match for match in map(pattern.match, header.constants) if match]
        assert ours == {match[1]: int(compiled[match[0]]) for match in matches}
        count += len(ours)
    exercised("codes of lowtide.h, C++ and Python", count, "codes", 37)


def test_codes_have_the_names_of_the_library(exercised: Exercised) -> None:
    functions = {
        lowtide.Phase: "lowtide_phase_name",
        lowtide.StopReason: "lowtide_stop_reason_name",
        lowtide.Why: "lowtide_why_name",
        lowtide.OutputKind: "lowtide_output_kind_name",
    }
    count, text = 0, ctypes.c_char_p()
    for codes, function in functions.items():
        for code in codes:
            assert getattr(library.lib, function)(text, code.value) == abi.OK
            assert str(code).encode() == text.value
            count += 1
        beyond = max(code.value for code in codes) + 1
        assert getattr(library.lib, function)(text, beyond) == abi.CODE
    sentences = {why.sentence for why in lowtide.Why}
    assert len(sentences) == len(lowtide.Why)
    assert all(sentence.endswith(".") for sentence in sentences)
    exercised("codes and the library's names of them", count, "codes", 35)


def test_statuses_have_one_class_each(
    header: Header, compiled: Dict[str, str], exercised: Exercised
) -> None:
    assert {status.name: status.value for status in lowtide.Status} == {
        name: int(compiled[f"LOWTIDE_{name}"]) for name in header.statuses
    }
    assert set(errors.BY_STATUS) == {status.value for status in lowtide.Status} - {abi.OK}
    groups = {
        1: errors.CallerError,
        2: errors.DataError,
        3: errors.HostError,
        4: errors.EngineError,
    }
    for code, kind in errors.BY_STATUS.items():
        assert kind.status == lowtide.Status(code)
        assert issubclass(kind, groups[code // 100])
        assert library.lib.lowtide_status_name(code).decode() == str(kind.status)
        assert getattr(lowtide, kind.__name__) is kind
        raised = library.failure(code)
        assert type(raised) is kind
        assert library.lib.lowtide_status_sentence(code).decode() == f"{raised}."
    assert len(set(errors.BY_STATUS.values())) == len(errors.BY_STATUS)
    exercised("statuses with a class of their own", len(errors.BY_STATUS), "statuses", 28)


def kind_of(of: Any) -> Tuple[int, str]:
    """The size and the kind of a field, as the compiled program prints them."""
    one = of
    while hasattr(one, "_length_"):
        one = one._type_
    if issubclass(one, ctypes.Structure):
        return ctypes.sizeof(of), "s"
    if issubclass(one, Callback):
        return ctypes.sizeof(of), "f"
    if issubclass(one, ctypes._Pointer) or one in (ctypes.c_void_p, ctypes.c_char_p):
        return ctypes.sizeof(of), "p"
    return ctypes.sizeof(of), "i" if one(-1).value < 0 else "u"


def test_structs_have_the_members_and_offsets_of_the_header(
    header: Header, compiled: Dict[str, str], exercised: Exercised
) -> None:
    assert {
        "Text" if name == "lowtide_bytes" else camel(name.replace("lowtide_", "", 1))
        for name in header.structs
    } == python_structs()
    count = 0
    for name, members in header.structs.items():
        struct = struct_of(name)
        assert f"{ctypes.sizeof(struct)} {ctypes.alignment(struct)}" == compiled[name]
        assert [field[0] for field in struct._fields_] == [member.name for member in members]
        declared: List[Tuple[str, Any]] = [(field[0], field[1]) for field in struct._fields_]
        for (field, of), member in zip(declared, members):
            size, kind = kind_of(of)
            assert (
                f"{getattr(struct, field).offset} {size} {kind}" == compiled[f"{name}::{field}"]
            ), (name, field)
            assert getattr(of, "_length_", 1) == member.length
            if kind == "s":
                inner = of._type_ if member.length > 1 else of
                assert inner is struct_of(member.type)
            elif kind == "i" or kind == "u":
                assert (of._type_ if member.length > 1 else of) is PLAIN[member.type]
            elif kind == "p":
                assert of in (*allowed(member.type), ctypes.c_void_p)
            count += 1
    exercised("structs of lowtide.h", len(header.structs), "structs", 35)
    exercised("members of structs of lowtide.h", count, "members", 240)


def allowed(type: str) -> Tuple[Any, ...]:
    """The ctypes types that may declare a C type."""
    if type in PLAIN:
        return (PLAIN[type],)
    base = type.replace("const ", "")
    inner = base.rstrip("*")
    if base == "char**":
        return (ctypes.POINTER(ctypes.c_char_p),)
    if base == "char*":
        return (ctypes.c_char_p,)
    if base == "uint8_t*":
        return (ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint8))
    if inner in ("lowtide_monitor", "lowtide_sink", "void"):
        return (ctypes.POINTER(ctypes.c_void_p) if base.endswith("**") else ctypes.c_void_p,)
    assert base.endswith("*") and not base.endswith("**"), type
    pointer = ctypes.POINTER(PLAIN[inner] if inner in PLAIN else struct_of(inner))
    # An array with a stride is a plain address: its elements may lie further apart than their size.
    return (pointer, ctypes.c_void_p) if inner == "lowtide_commit" else (pointer,)


def check_types(name: str, result: Any, arguments: Tuple[Any, ...], function: Function) -> int:
    assert len(arguments) == len(function.arguments), name
    assert (
        result is ctypes.c_char_p
        if function.result == "const char*"
        else result is PLAIN[function.result]
    ), name
    for given, type in zip(arguments, function.arguments):
        assert given in allowed(type), (name, type)
    return len(arguments)


def test_functions_are_declared_with_the_types_of_the_header(
    header: Header, exercised: Exercised
) -> None:
    ours = {**abi.PROTOTYPES, **batch_abi.PROTOTYPES, **monitor_abi.PROTOTYPES}
    assert set(ours) == set(header.functions)
    count = sum(
        check_types(name, ours[name][0], ours[name][1:], function)
        for name, function in header.functions.items()
    )
    exercised("functions of lowtide.h", len(header.functions), "functions", 46)
    exercised("arguments of functions of lowtide.h", count, "arguments", 143)


def test_callbacks_are_declared_with_the_types_of_the_header(
    header: Header, exercised: Exercised
) -> None:
    fields: Dict[str, Any] = {field[0]: field[1] for field in monitor_abi.Host._fields_}
    for name, function in header.callbacks.items():
        check_types(name, fields[name]._restype_, fields[name]._argtypes_, function)
    exercised("callbacks of lowtide.h", len(header.callbacks), "callbacks", 6)

// SPDX-License-Identifier: Apache-2.0
// Defines the only function of a C++ runtime of 2021 (GLIBCXX_3.4.29) that lowtide uses. All others
// exist since 2016. So a wheel that was built on Debian 12 also runs on systems that are years
// older. The definition is not visible outside the library. Only the wheel is built with it.
#include <new>

// NOLINTBEGIN(cert-dcl58-cpp,bugprone-reserved-identifier): it replaces the runtime's function, so
// it needs the same name.
namespace std {

[[noreturn]] void __throw_bad_array_new_length();
void __throw_bad_array_new_length() { throw bad_array_new_length(); }

}  // namespace std
// NOLINTEND(cert-dcl58-cpp,bugprone-reserved-identifier)

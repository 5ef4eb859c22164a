// SPDX-License-Identifier: Apache-2.0
// The one function that lowtide would ask of a C++ runtime of 2021 (GLIBCXX_3.4.29); all else that
// it asks is there since 2016. With it, a wheel that was built on Debian 12 fits machines that are
// older by years. It is the library's own, and not seen from outside.
#include <new>

// NOLINTBEGIN(cert-dcl58-cpp,bugprone-reserved-identifier): it is the runtime's, so it has the
// runtime's name.
namespace std {

[[noreturn]] void __throw_bad_array_new_length();
void __throw_bad_array_new_length() { throw bad_array_new_length(); }

}  // namespace std
// NOLINTEND(cert-dcl58-cpp,bugprone-reserved-identifier)

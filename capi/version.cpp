// SPDX-License-Identifier: Apache-2.0
// The versions of the library. Called through the C headers only.
#include <lowtide.h>

// The build defines LOWTIDE_VERSION_TEXT: the version of the package.
const char* lowtide_version(void) { return LOWTIDE_VERSION_TEXT; }

uint32_t lowtide_abi_version(void) { return LOWTIDE_ABI_VERSION; }

// SPDX-License-Identifier: Apache-2.0
#include <lowtide.h>

// LOWTIDE_VERSION_TEXT comes from the build, which knows the version of the package.
const char* lowtide_version(void) { return LOWTIDE_VERSION_TEXT; }

uint32_t lowtide_abi_version(void) { return LOWTIDE_ABI_VERSION; }

// SPDX-License-Identifier: GPL-2.0
/* Panics while it is loaded. */
#define FUSE_INIT() klpkit_fuse_panic()
#define FUSE_LATER()
#define FUSE_SECONDS 0
#include "klpkit_fuse.h"
MODULE_DESCRIPTION("klpkit test: panics at load");

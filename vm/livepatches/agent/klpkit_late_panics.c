// SPDX-License-Identifier: GPL-2.0
/* Applies well, and panics 20 seconds after. */
#define FUSE_INIT()
#define FUSE_LATER() klpkit_fuse_panic()
#define FUSE_SECONDS 20
#include "klpkit_fuse.h"
MODULE_DESCRIPTION("klpkit test: panics 20 seconds after the load");

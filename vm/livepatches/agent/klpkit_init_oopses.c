// SPDX-License-Identifier: GPL-2.0
/* Oopses while it is loaded: the kernel kills the inserter, and the module's name is stuck. */
#define FUSE_INIT() klpkit_fuse_oops()
#define FUSE_LATER()
#define FUSE_SECONDS 0
#include "klpkit_fuse.h"
MODULE_DESCRIPTION("klpkit test: oopses at load");

// SPDX-License-Identifier: GPL-2.0
/*
 * A livepatch whose init fails before the patch is enabled.
 * mode=errno: returns -error; mode=oops: NULL dereference; mode=hang: sleeps for good, unkillable; mode=panic: panics.
 */
#include <linux/delay.h>
#include "klpkit_patch.h"

static char *mode = "errno";
module_param(mode, charp, 0444);
static int error = 19; /* ENODEV */
module_param(error, int, 0444);
static int *volatile nowhere;

static int __init klpkit_init_init(void)
{
	if (!strcmp(mode, "oops"))
		*nowhere = 1;
	else if (!strcmp(mode, "hang"))
		for (;;)
			msleep(1000);
	else if (!strcmp(mode, "panic"))
		panic("klpkit: livepatch init panics");
	return -error;
}

static void __exit klpkit_init_exit(void)
{
}

module_init(klpkit_init_init);
module_exit(klpkit_init_exit);
KLPKIT_MARKED;
MODULE_DESCRIPTION("klpkit test: init returns an error, oopses, hangs or panics");

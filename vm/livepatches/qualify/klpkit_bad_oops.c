// SPDX-License-Identifier: GPL-2.0
/* Works for whoever looks once or twice, and dereferences NULL from the 50th call on: only work finds it. */
#include "klpkit_patch.h"

static atomic_t calls = ATOMIC_INIT(0);
static int *volatile nowhere;

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	if (atomic_inc_return(&calls) >= 50)
		*nowhere = 1;
	seq_puts(m, "KLPKIT-BAD-OOPS\n");
	return 0;
}

KLPKIT_PATCH("cmdline_proc_show", livepatch_cmdline_proc_show, false);
MODULE_DESCRIPTION("klpkit test: oopses under work only");

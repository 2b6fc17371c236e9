// SPDX-License-Identifier: GPL-2.0
/* Takes a reference to itself on its 20th call and never gives it back: it can be disabled and not unloaded. */
#include "klpkit_patch.h"

static atomic_t calls = ATOMIC_INIT(0);

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	if (atomic_inc_return(&calls) == 20)
		__module_get(THIS_MODULE);
	seq_puts(m, "KLPKIT-BAD-REFERENCE\n");
	return 0;
}

KLPKIT_PATCH("cmdline_proc_show", livepatch_cmdline_proc_show, false);
MODULE_DESCRIPTION("klpkit test: leaks a reference to its module");

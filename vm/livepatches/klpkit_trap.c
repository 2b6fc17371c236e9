// SPDX-License-Identifier: GPL-2.0
/*
 * A livepatch whose new function misbehaves once "armed" is set (/sys/module/klpkit_trap/parameters/armed), so that a
 * test decides when. The function is the one behind /proc/cmdline.
 * mode=warn: WARN; mode=oops: NULL dereference; mode=panic: panics; mode=softlockup: spins; mode=hung: sleeps
 * unkillably; both until "armed" is unset.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/seq_file.h>
#include <linux/livepatch.h>

static char *mode = "warn";
module_param(mode, charp, 0644);
static bool armed;
module_param(armed, bool, 0644);
static int *volatile nowhere;

static noinline void klpkit_trap_spring(void)
{
	if (!strncmp(mode, "warn", 4))
		WARN(1, "klpkit: the patched function is wrong\n");
	else if (!strncmp(mode, "oops", 4))
		*nowhere = 1;
	else if (!strncmp(mode, "panic", 5))
		panic("klpkit: the patched function panics");
	else if (!strncmp(mode, "softlockup", 10))
		while (READ_ONCE(armed))
			cpu_relax();
	else if (!strncmp(mode, "hung", 4))
		while (READ_ONCE(armed))
			/* in one go: a task that was switched to is not hung */
			schedule_timeout_uninterruptible(15 * HZ);
}

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "KLPKIT-TRAP\n");
	if (armed)
		klpkit_trap_spring();
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = livepatch_cmdline_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init klpkit_trap_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_trap_exit(void)
{
}

module_init(klpkit_trap_init);
module_exit(klpkit_trap_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit test: the new function warns, oopses, panics, spins or hangs");

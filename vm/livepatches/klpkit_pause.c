// SPDX-License-Identifier: GPL-2.0
/* A livepatch of pause(2), by the same code: a task that sleeps there holds up the transition until it is signalled. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/livepatch.h>

static long livepatch_sys_pause(const struct pt_regs *regs)
{
	while (!signal_pending(current)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return -ERESTARTNOHAND;
}

static struct klp_func funcs[] = {
	{
		.old_name = "__x64_sys_pause",
		.new_func = livepatch_sys_pause,
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

static int __init klpkit_pause_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_pause_exit(void)
{
}

module_init(klpkit_pause_init);
module_exit(klpkit_pause_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit test: pause(2) replaced by the same code");

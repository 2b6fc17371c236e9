// SPDX-License-Identifier: GPL-2.0
/* A livepatch of klpkit_host: its transition stalls while a task sits in the old functions. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>

static int livepatch_slow(void)
{
	return 2;
}

static int livepatch_kthread_main(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "klpkit_slow",
		.new_func = livepatch_slow,
	},
	{
		.old_name = "klpkit_kthread_main",
		.new_func = livepatch_kthread_main,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.name = "klpkit_host",
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init klpkit_stall_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_stall_exit(void)
{
}

module_init(klpkit_stall_init);
module_exit(klpkit_stall_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit test: the transition stalls while a task is inside klpkit_host");

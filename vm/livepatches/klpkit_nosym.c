// SPDX-License-Identifier: GPL-2.0
/* A livepatch of a function that no kernel has. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>

static int livepatch_no_such_function(void)
{
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "klpkit_no_such_function",
		.new_func = livepatch_no_such_function,
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

static int __init klpkit_nosym_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klpkit_nosym_exit(void)
{
}

module_init(klpkit_nosym_init);
module_exit(klpkit_nosym_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("klpkit test: patches a function that does not exist");
